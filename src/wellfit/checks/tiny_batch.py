"""Can the network fit sixteen examples?"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.layers import SATURATING
from wellfit.nouns.reading import Reading
from wellfit.nouns.suspect import STANDARDISE, STANDARDISE_TARGETS, START, Cause, in_data, in_weights
from wellfit.nouns.task import known
from wellfit.nouns.trial import Descent, LossOf, bare_loss, chance, descend, indifferent, rows, trial
from wellfit.nouns.units import figure, percent

SHARE = 0.5
WIDEN = "widen the network (network.widths), or give it a hidden layer"
EXAMPLES, FEW = 16, 4
POOL = 512
RATES = (3e-3, 1e-2, 1e-3)
STEPS = 300
FITTED = {"classes": 1.0, "labels": 1.0, "values": 0.97}
"""Share of answers right (classes, labels), or R² of the target that is fitted worst."""
CELLS = 0.9
"""Skill over all cells from which arrays count as fitted: sixteen masks or fields have thousands of cells each."""
CONFIDENT = 0.8
"""Share of the way from chance to no loss at all that right answers must have come: softmax ahead of a loss that
takes logits stops at 0.4 (ten classes) to 0.55 (two)."""
HALF, NOTHING = 0.5, 0.1
"""Skill (0 = the best constant answer, 1 = all right): less than half is an error, it does not learn; for a network
that is shown to be merely too small, less than a tenth. More is a warning."""


@dataclass(frozen=True)
class _Tiny:
    """x [16, ...], y [16, ...]; base: the loss of the best constant answer on them."""

    form: str
    loss: LossOf
    x: Tensor
    y: Tensor
    base: float

    def share(self, outputs: Tensor) -> float:
        """Share of answers right, or R² of the target fitted worst (targets that do not vary left out)."""
        there = known(self.y)
        if self.form == "classes":
            return float((outputs.argmax(1) == self.y)[there].float().mean())
        if self.form == "labels":
            return float(((outputs > 0) == (self.y > 0.5)).float().mean())
        if self.cells:
            said, true = outputs[there], self.y[there]
            return 1 - float(((said - true) ** 2).sum() / ((true - true.mean()) ** 2).sum().clamp_min(1e-12))
        spread = ((self.y - self.y.mean(0)) ** 2).sum(0)
        fitted = 1 - ((outputs - self.y) ** 2).sum(0) / spread.clamp_min(1e-12)
        varied = fitted[spread > 1e-12].nan_to_num(0.0)
        return float(varied.min()) if len(varied) else 1.0

    def skill(self, outputs: Tensor) -> float:
        """The share as skill: 0 for the best constant answer, 1 for all right."""
        if self.form == "values":
            return self.share(outputs)
        y = self.y[known(self.y)] if self.form == "classes" else self.y
        frequent = y.bincount().max() / len(y) if self.form == "classes" else y.mean(0)
        plain = float(torch.maximum(frequent, 1 - frequent).mean()) if self.form == "labels" else float(frequent)
        return (self.share(outputs) - plain) / (1 - plain) if plain < 1 else self.share(outputs)

    def fitted(self, loss: float, outputs: Tensor) -> bool:
        """Are all answers right (R² high enough), and the loss of classes or labels low besides?"""
        if self.cells:
            return self.skill(outputs) >= CELLS
        sure = self.form == "values" or loss <= (1 - CONFIDENT) * self.base
        return sure and self.share(outputs) >= FITTED[self.form]

    @property
    def cells(self) -> bool:
        """Has each example an answer for each of many cells?"""
        return self.y.ndim > (1 if self.form == "classes" else 2)

    def words(self, descent: Descent) -> str:
        share = self.share(descent.outputs)
        right = f"R² {figure(share)}" if self.form == "values" else f"{percent(share, 0)} right"
        return f"{right}, loss {figure(descent.losses[0])} to {figure(descent.losses[-1])}"


def tiny_batch(case: Case, within_s: float = 2.0) -> Finding | None:
    """Train a copy on 16 training examples by Adam, regularisation off, at three rates in turn, until all are fitted.

    The inputs differ from one another, and classes take turns, so that it can be done. Where it fails, one change at
    a time is tried (inputs or targets standardised, other initial weights, four examples only): the one that helps
    is the cause. (CS231n, "Babysitting the learning process": overfit a tiny portion of the data.)

    None where nothing is asked (form density): there is no answer to be right about.
    """
    if case.data.form == "density":
        return None
    begin = perf_counter()
    pool_x, pool_y = rows(case, POOL)
    tiny = _tiny(case, pool_x, pool_y, EXAMPLES)
    with trial(case) as network:
        descent = _fit(network, tiny, begin + 0.6 * within_s)
        words = tiny.words(descent)
        evidence = f"{len(tiny.y)} training examples, Adam, {descent.steps} steps: {words}"
        readings = (Reading("tiny_batch_fitted", tiny.share(descent.outputs), descent.steps),)
        if tiny.fitted(descent.losses[-1], descent.outputs):
            summary = f"{len(tiny.y)} examples fitted in {descent.steps} steps: {words}."
            return Finding("tiny-batch", "ok", summary, evidence, readings=readings, stage="check")
        if descent.cut:
            summary = f"Cut short by its time limit after {descent.steps} steps: {words}."
            return Finding("tiny-batch", "info", summary, evidence, readings=readings, stage="check")
        cause, confidence = _cause(case, network, pool_x, pool_y, tiny, descent, begin + within_s)
    small = cause.fault == "capacity-too-small" and confidence > 0.5  # it learns, but not so much
    return Finding(
        cause.fault,
        "error" if tiny.skill(descent.outputs) < (NOTHING if small else HALF) else "warning",
        f"The network cannot fit {len(tiny.y)} examples: {words}.",
        f"{evidence}; {cause.why}" if cause.why else evidence,
        cause.remedy,
        confidence=confidence,
        readings=readings,
        limit=CELLS if tiny.cells else FITTED[tiny.form],
        source="CS231n, babysitting the learning process",
        change=cause.change,
        stage="check",
    )


def _tiny(case: Case, x: Tensor, y: Tensor, n: int) -> _Tiny:
    """n rows with inputs that all differ; classes (or sets of labels) take turns, numbers spread over their range."""
    _, group = torch.unique(x.flatten(1), dim=0, return_inverse=True)
    first = torch.full((int(group.max()) + 1,), len(x), device=x.device)
    first = first.scatter_reduce(0, group, torch.arange(len(x), device=x.device), "amin").sort().values
    if case.data.form == "values":
        order = first[y[first].reshape(len(first), -1).nansum(1).argsort(stable=True)]
        keep = order[torch.linspace(0, len(order) - 1, min(n, len(order))).round().long()]
    else:
        _, kind = torch.unique(y[first].reshape(len(first), -1), dim=0, return_inverse=True)
        turn = torch.stack([(kind[:i] == k).sum() for i, k in enumerate(kind)])
        keep = first[turn.argsort(stable=True)[:n]]
    x, y = x[keep], y[keep]
    base = max(chance(case, y), 0.1 * indifferent(case, y), 1e-12)
    return _Tiny(case.data.form, bare_loss(case), x, y, base)


def _fit(network: nn.Module, tiny: _Tiny, until_s: float) -> Descent:
    """The best of short trainings of copies at each rate; the first that fits ends it."""
    tried: list[Descent] = []
    for lr in RATES:
        fresh, enough = copy.deepcopy(network), tiny.fitted
        found = descend(fresh, tiny.loss, tiny.x, tiny.y, lr=lr, steps=STEPS, until_s=until_s, reached=enough)
        tried.append(found)
        if enough(found.losses[-1], found.outputs):
            return found
        if found.cut:
            break
    return replace(max(tried, key=lambda d: tiny.skill(d.outputs)), cut=tried[-1].cut)


def _cause(case, network, pool_x, pool_y, tiny: _Tiny, descent: Descent, until_s) -> tuple[Cause, float]:
    """(cause, confidence): a plain one, or the change that lets the network fit, or an opinion."""
    plain = in_data(case, tiny.x, tiny.y) or in_weights(network)
    if plain and plain.fault in ("data-nonfinite", "labels-encoding"):
        return plain, 1.0
    changes = list(_changes(case, network, pool_x, pool_y, tiny))
    fault = plain.fault if plain else ""
    suspected, others = ([c for c in changes if (c[2].fault == fault) is same] for same in (True, False))
    cured = _cure(suspected, until_s)
    if cured:
        return cured, 0.9
    with torch.no_grad():
        bound = _bound(tiny, network(pool_x), descent.outputs)
    if bound:
        remedy = "let the last layer be linear: the loss, or predict, applies what belongs after it"
        return Cause("output-activation-unsuitable", bound, remedy), 0.9
    cured = _cure(others, until_s)
    if cured:
        return cured, 0.9
    if plain:
        return plain, 0.6
    if descent.losses[0] - min(descent.losses) < 0.01 * abs(descent.losses[0]):
        remedy = "look for detach, .data, no_grad, argmax or numpy between the parameters and the loss"
        return Cause("graph-detached", "the loss stands still", remedy), 0.5
    cured = _cure([_reference(case, tiny)], until_s)
    if cured:
        return cured, 0.6
    return Cause("capacity-too-small", "no single change that was tried helped", WIDEN), 0.3


def _cure(changes: list[tuple[nn.Module, _Tiny, Cause]], until_s: float) -> Cause | None:
    """The cause whose change lets the network fit, the first of them."""
    for network, tiny, cause in changes:
        found = _fit(network, tiny, until_s)
        if tiny.fitted(found.losses[-1], found.outputs):
            return cause
    return None


def _changes(case, network, pool_x, pool_y, tiny: _Tiny) -> Iterator[tuple[nn.Module, _Tiny, Cause]]:
    """One change at a time: (network, examples, the cause it stands for)."""
    std, mean = torch.std_mean(pool_x, 0, correction=0)
    scaled = replace(tiny, x=(tiny.x - mean) / torch.where(std > 1e-6, std, 1.0))
    why, change = "with standardised inputs it fits them", {"data.normalise": "standardise"}
    yield network, scaled, Cause("inputs-unscaled", why, STANDARDISE, change)
    if tiny.form == "values":
        rows = pool_y[known(pool_y).flatten(1).all(1)] if tiny.cells else pool_y
        std, mean = torch.std_mean(rows if len(rows) else pool_y.nan_to_num(0.0), 0, correction=0)
        scaled = replace(tiny, y=(tiny.y - mean) / torch.where(std > 1e-6, std, 1.0))
        why, change = "with standardised targets it fits them", {"data.normalise_targets": "standardise"}
        yield network, scaled, Cause("targets-unscaled", why, STANDARDISE_TARGETS, change)
    fresh = copy.deepcopy(network)
    for parameter in fresh.parameters():
        if parameter.ndim > 1:
            nn.init.kaiming_normal_(parameter)
    why = "from He's initial weights it fits them"
    yield fresh, tiny, Cause("init-unsuitable", why, START, {"network.init": "he"})
    other = copy.deepcopy(fresh)
    if _unsaturated(other):
        why, change = "with relu and He's initial weights it fits them", {"network.activation": "relu"}
        yield other, tiny, Cause("activation-unsuitable", why, "take relu or gelu", change)
    few = _tiny(case, pool_x, pool_y, FEW)
    yield network, few, Cause("capacity-too-small", f"it fits {len(few.y)} examples", WIDEN)


def _reference(case: Case, tiny: _Tiny) -> tuple[nn.Module, _Tiny, Cause]:
    """A plain dense network in place of the case's: where it fits, the examples are not to blame."""
    n_in, n_out = tiny.x[0].numel(), math.prod(case.data.shape_out)
    network = nn.Sequential(nn.Flatten(), nn.Linear(n_in, 64), nn.ReLU(), nn.Linear(64, n_out))
    if len(case.data.shape_out) > 1:
        network.append(nn.Unflatten(1, case.data.shape_out))
    why = "a dense network of 64 hidden units fits them"
    return network.to(tiny.x.device), tiny, Cause("capacity-too-small", why, WIDEN)


def _unsaturated(network: nn.Module) -> bool:
    """Put ReLU in the place of every saturating activation; was there one?"""
    places = [(m, n) for m in network.modules() for n, child in m.named_children() if type(child) in SATURATING]
    for module, name in places:
        setattr(module, name, nn.ReLU())
    return bool(places)


def _bound(tiny: _Tiny, first: Tensor, last: Tensor) -> str:
    """In words, how the last activation bounds the outputs, before training [N, K] and after [16, K], against the
    loss or the targets; "" where it does not, or where the outputs are constant and tell nothing."""
    outputs = torch.cat([first, last])
    low, high = float(outputs.min()), float(outputs.max())
    if not max(float(o.std(0).max()) for o in (first, last)) > 1e-4 * max(abs(low), abs(high)):
        return ""
    said = f"outputs stay in {figure(low)} to {figure(high)}"
    if tiny.form == "values":
        asked = tiny.y[known(tiny.y)]
        least, most = float(asked.min()), float(asked.max())
        beyond = (low >= 0 > least) or (high <= 0 < most)
        return f"{said}, targets reach from {figure(least)} to {figure(most)}" if beyond else ""
    one_sided = tiny.form == "labels" and (low >= 0 or high <= 0)
    return f"{said}, the loss takes logits" if one_sided or 0 <= low <= high <= 1 else ""
