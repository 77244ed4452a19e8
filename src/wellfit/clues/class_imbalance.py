"""One class drowns the others and nothing accounts for it."""

from __future__ import annotations

import ast

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns import across, final
from wellfit.nouns.control import kind, labels
from wellfit.nouns.fed import Given, evaluated, trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.flow import Spot, back
from wellfit.nouns.options import option, written
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure, percent

RARE = 0.1
"""Share of the rarest class, against its fair share at most a quarter as large, below which it counts as rare."""
MISSED = 0.6
"""Recall of the rare class below which it counts as missed."""
GAIN = 0.08
"""Mean recall that mere correction of the answers by the class frequencies must gain: the network knows more than it
says."""
NEVER = 0.1
"""The same for cells of pictures: there a map that says less of the rare class than there is may be what is wanted, but
not one that says next to nothing of it."""
KNOWN, SOMEWHAT, NONE = 0.4, 0.3, 0.02
"""Mean recall, beyond 0.6 of chance, that the corrected answers must reach; less where as good as none of the rare class
is ever found: there is no threshold of the user's own that would do it."""
FEW = 5
"""Examples of a class from which it counts."""
UNEVEN = 2.0
"""Times that one class is as frequent as another, and its weight as large, from which weights are the wrong way round."""


def class_imbalance(program: Program) -> Finding | None:
    """Sees: a class with few of the labels trained on, no class weights and no weighted sampler, little of it found, and
    more of it found at once where the answers are corrected by the class frequencies; or weights of classes, or of
    a sampler, that grow with the frequency.
    Hurts: the cheapest answer is the frequent class; the rare one, mostly the one that matters, is missed.
    Mistaken for: lr-too-low, capacity-too-small.
    Remedy: `weight=` or `pos_weight=` in the loss, or a weighted sampler.
    Source: King and Zeng 2001; Menon et al. 2021 (logit adjustment)."""
    drawn = _drawn(program)
    if drawn is not None:
        return drawn
    loss = program.loss
    if loss is None or loss.name not in (
        "cross_entropy",
        "binary_cross_entropy_with_logits",
        "binary_cross_entropy",
        "nll_loss",
    ):
        return None
    batches = [g for g in _given(program) if g.targets is not None and _classes(g.targets)]
    if loss.node is None or len(batches) < 2:
        return None
    cells, tags = _of_cells(batches[0].targets), _of_tags(batches[0].targets)
    y = torch.cat([_labels(g.targets) for g in batches if g.targets is not None])
    y = y[y >= 0]  # what is to be ignored is marked by a number below 0
    against = _against(program, loss, y)
    if against is not None or _weighted(program) or _other_threshold(program):
        return against
    counts = torch.bincount(y.clamp_min(0))
    shares = counts[counts > 0].double() / len(y)
    if (
        len(shares) < 2
        or len(shares) < len(counts)
        or float(shares.min()) > min(RARE, 1 / (4 * len(shares)))
        or counts.min() < FEW
        or (cells and float(shares.max()) < 0.5)
    ):
        return None
    held = [h for h in evaluated(program) if h.targets is not None and _classes(h.targets)]
    held = [h for h in held if h.index >= program.steps - 1] or held[-1:] or batches
    truth = torch.cat([_labels(h.targets) for h in held if h.targets is not None])
    answer = final.answers(program, [h.inputs for h in held])
    if answer is None or not bool(answer.isfinite().all()):
        return None
    recalls = _recalls(answer, truth, shares, loss.name)
    if recalls is None:
        return None
    rare, before, after = recalls
    known = (KNOWN if rare > NONE else SOMEWHAT) + 0.6 / len(shares)
    if rare > (MISSED / 2 if tags else NEVER if cells else MISSED) or after - before < GAIN or after < known:
        return None
    site = _sampling(program) or loss.made or loss.site
    return Finding(
        "class-imbalance", "error", "a rare class is drowned by the frequent ones",
        f"it has {percent(float(shares.min()))} of the labels and {percent(rare, 0)} of its examples are found; mean "
        f"recall over classes {figure(before, 2)}, with answers corrected by the class frequencies {figure(after, 2)}",
        "weight the classes in the loss (weight=, pos_weight=) or in the sampler", 0.85, None,
        site.file if site else None, site.line if site else None, limit=MISSED, source="logit adjustment",
    )  # fmt: skip


def _given(program: Program) -> list[Given]:
    """Batches trained on; also where each step of a sequence has a label and all of a batch stand in one row (not where
    the labels are the next steps themselves)."""
    labels = {id(x.tape.leaves[x.inputs[0]]): x.tape.leaves.get(x.target) for x in program.losses
              if x.target is not None and x.inputs and x.inputs[0] in x.tape.leaves}  # fmt: skip
    found = []
    for g in trained(program):
        y = labels.get(id(g.inputs)) if g.targets is None else None
        steps = g.inputs.shape[:2].numel() if g.inputs.ndim in (2, 3) else 0
        if y is not None and y.ndim == 1 and not y.is_floating_point() and len(y) == steps > len(g.inputs):
            y = y.reshape(g.inputs.shape[:2])
            g = g if torch.equal(y[:, :-1], g.inputs[:, 1:]) else g._replace(targets=y)
        found.append(g)
    return found


def _drawn(program: Program) -> Finding | None:
    """A sampler whose weights draw the frequent classes still more often, or that has none for most of the rows."""
    for seen in program.loaders:
        sampler = getattr(seen.loader, "sampler", None)
        weights, n = getattr(sampler, "weights", None), seen.examples or 0
        if not isinstance(weights, Tensor) or weights.ndim != 1 or not n:
            continue
        site, dataset = _sampling(program) or seen.site, getattr(seen.loader, "dataset", None)
        held = [*getattr(dataset, "tensors", ())[-1:], *(getattr(dataset, k, None) for k in ("targets", "labels", "y"))]
        y = next((t for t in map(_as_labels, held) if t is not None and len(t) == n), None)
        if y is None:
            continue
        if len(weights) == len(torch.unique(y)) < n:
            said = f"{len(weights)} weights for {n} rows: only the first {len(weights)} rows are ever drawn"
            return _against_said("the sampler has a weight for each class, not for each row", said, site)
        if len(weights) != n:
            continue
        counts = torch.bincount(y).double()
        given = torch.bincount(y, weights.double()) / counts.clamp_min(1)
        there = counts >= FEW
        counts, given = counts[there], given[there]
        if len(counts) < 2 or float(given.min()) < 0:
            continue
        order = counts.argsort()
        uneven, favour = (
            float(counts[order[-1]] / counts[order[0]]),
            float(given[order[-1]] / given[order[0]].clamp_min(1e-12)),
        )
        if uneven >= UNEVEN and favour >= UNEVEN and not bool((given[order].diff() < 0).any()):
            said = f"a class that is {figure(uneven, 2)} times as frequent has {figure(favour, 2)} times the weight"
            return _against_said("the sampler's weights favour the frequent classes", said, site)
    return None


def _as_labels(held: object) -> Tensor | None:
    """Class numbers [N], where it is a row of them."""
    y = torch.as_tensor(held) if isinstance(held, (Tensor, np.ndarray)) else None
    y = torch.tensor(held) if isinstance(held, list) and held and type(held[0]) is int else y
    return (
        labels(y) if y is not None and y.ndim == 1 and len(y) and kind(y) == "classes" and float(y.min()) >= 0 else None
    )


def _against_said(summary: str, evidence: str, site: Site | None) -> Finding:
    return Finding(
        "class-imbalance", "error", summary, evidence,
        "one weight for each row: 1 / count of its class", 0.93, None,
        site.file if site else None, site.line if site else None, limit=UNEVEN, source="King and Zeng 2001",
    )  # fmt: skip


def _sampling(program: Program) -> Site | None:
    """Where the weights of a sampler are written that leave the classes as they are."""
    for path, source in program.sources.items():
        for call in source.calls("WeightedRandomSampler"):
            weights = source.keyword(call, "weights") or (call.args[0] if call.args else None)
            if weights is not None:
                return across.written(program, source, weights)
            return Site(path, call.lineno)
    return None


def _of_cells(y: Tensor | None) -> bool:
    """Has each cell of a picture or a sequence a label of its own?"""
    whole = y is not None and y.ndim > 1 and not y.is_floating_point() and y.shape[1] > 1
    return y is not None and y.ndim > 1 and (y[0].numel() > 16 or whole or _of_tags(y))


def _of_tags(y: Tensor | None) -> bool:
    """Has each row several labels that may hold at once?"""
    return y is not None and y.ndim == 2 and y.is_floating_point() and y.shape[1] > 1 and bool(
        ((y == 0) | (y == 1)).all()) and not bool((y.sum(1) == 1).all())  # fmt: skip


def _classes(y: Tensor) -> bool:
    if _of_cells(y):
        return not y.is_floating_point() or bool(((y == 0) | (y == 1)).all())
    return kind(y) == "classes"


def _labels(y: Tensor) -> Tensor:
    return y.flatten().long() if _of_cells(y) else labels(y)


def _against(program: Program, loss: LossSeen, y: Tensor) -> Finding | None:
    """Weights that grow with the frequency of the classes: they drown the rare ones still deeper."""
    counts = torch.bincount(y.clamp_min(0)).double()
    weight, positive = option(loss, "weight"), option(loss, "pos_weight")
    if isinstance(positive, Tensor) and positive.numel() == 1 and len(counts) == 2:
        given, name = torch.tensor([1.0, float(positive)]), "pos_weight"
    elif (
        isinstance(weight, Tensor)
        and weight.ndim == 1
        and len(weight) == len(counts)
        and loss.name[:3] in ("cro", "nll")
    ):
        given, name = weight.double(), "weight"
    else:
        return None
    order = counts.argsort()
    rare, often = int(order[0]), int(order[-1])
    if counts[rare] < 5 or float(given.min()) <= 0:
        return None
    uneven, favour = float(counts[often] / counts[rare]), float(given[often] / given[rare])
    if uneven < UNEVEN or favour < UNEVEN or bool((given[order].diff() < 0).any()):
        return None
    site = written(program, loss, name)
    return Finding(
        "class-imbalance", "error", "the class weights favour the frequent classes",
        f"class {often} is {figure(uneven, 2)} times as frequent as class {rare} and its weight is {figure(favour, 2)} times "
        "as large", "weights that fall with the frequency: number of examples / (classes * count of the class)", 0.9, None,
        site.file if site else None, site.line if site else None, limit=UNEVEN, source="King and Zeng 2001",
    )  # fmt: skip


def _weighted(program: Program) -> bool:
    """Do weights in the loss account for it? (What a sampler does shows in the labels that were trained on.)"""
    kwargs = program.loss.node.kwargs if program.loss and program.loss.node else {}
    args = program.loss.node.args[2:] if program.loss and program.loss.node else ()
    given = [
        kwargs.get("weight"),
        kwargs.get("pos_weight"),
        *[a for a in args if not isinstance(a, (bool, int, str, float))],
    ]
    none = str(kwargs.get("reduction", "mean")) == "none"
    return none or any(v is not None for v in given)


def _other_threshold(program: Program) -> bool:
    """Are answers held against a threshold of the user's own choice, neither 0 nor 0.5?"""
    for source in program.sources.values():
        for n in source.nodes:
            if isinstance(n, ast.Compare) and any(_probability(s.expr) for s in back(Spot(source, n.left))):
                value = source.value(n.comparators[0])
                if isinstance(value, float) and 0 < value < 1 and value != 0.5:
                    return True
    return False


def _probability(e: ast.expr) -> bool:
    return isinstance(e, ast.Call) and last_name(e.func) in ("sigmoid", "softmax", "expit", "predict_proba")


def _recalls(answer: Tensor, truth: Tensor, shares: Tensor, name: str) -> tuple[float, float, float] | None:
    """(recall of the rarest class, mean recall, mean recall of answers corrected by the class frequencies)."""
    rarest = int(shares.argmin())
    if answer.ndim > 2 and answer.shape[1] != len(shares) == answer.shape[-1]:
        answer = answer.movedim(-1, 1)
    if answer.ndim > 2 and answer.shape[1] == len(shares) and answer.numel() == len(truth) * len(shares):
        answer = answer.movedim(1, -1).reshape(-1, len(shares))
    if answer.ndim == 2 and answer.shape[1] == len(shares) > 1:
        odds = answer.double().clamp_min(1e-9).log() if name == "binary_cross_entropy" else answer.double()
        said, fair = odds.argmax(1), (odds - shares.log()).argmax(1)
    elif answer.numel() == len(truth) and len(shares) == 2:
        p = answer.flatten().double()
        odds = torch.logit(p.clamp(1e-9, 1 - 1e-9)) if name == "binary_cross_entropy" else p
        said, fair = (odds > 0).long(), (odds > (shares[1] / shares[0]).log()).long()
    else:
        return None
    said, fair, truth = said[truth >= 0], fair[truth >= 0], truth[truth >= 0]
    there = [c for c in range(len(shares)) if int((truth == c).sum()) >= 5]
    if rarest not in there or len(there) < 2:
        return None
    recall = lambda said, c: float((said[truth == c] == c).double().mean())
    mean = lambda said: sum(recall(said, c) for c in there) / len(there)
    return recall(said, rarest), mean(said), mean(fair)
