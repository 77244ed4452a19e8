"""The loss is summed or weighted so that its scale, and the step with it, is off."""

from __future__ import annotations

import math
from itertools import combinations
from statistics import median

import torch

from wellfit.nouns.faint import SHARE, faint
from wellfit.nouns.fed import trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import argument
from wellfit.nouns.pace import Pace, scaled_rate
from wellfit.nouns.penalty import penalty
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Site
from wellfit.nouns.terms import HEAVY, Term, accumulated, of_target, terms, unlike
from wellfit.nouns.units import figure

APART = 200.0
"""How many times more an element of one term may count than one of another; a sum beside a mean over a batch of 40
pictures of 64 points are 2560 apart, a penalty worked out by the row 1 to 100."""
FACTOR = 30.0
"""A constant factor as large (or its inverse) moves the step of plain descent out of its usual range."""
MANY = 4
"""Backward passes of one loss in a step that count as a sum where nothing divides by them."""
NO_BETTER, FALLEN, POOR = 0.9, 0.05, 0.5
"""Share of a constant answer's loss that the term with the target ends above, and of its own first value and of that term
that the others end below; the first where they do not, but an element of each counts as many times one of that term."""
GONE = 0.1
"""A summed term that falls below this share of its first value has taken the training over."""


def loss_scale(program: Program) -> list[Finding]:
    """Sees: a summed term beside one that is a mean (proved where it rules, or by a trial with both as means), a term with
    data whose factor leaves it unheeded, a sum over many rows (or over the batches of an accumulated step) under an
    optimizer whose step follows the gradient's size, or a constant factor far from 1 under such an optimizer.
    Hurts: the summed term rules and the other is not learnt; or the step is as many times too large as there are rows.
    Mistaken for: lr-too-high, lr-too-low; Adam and its kin do not feel the scale of the whole loss.
    Remedy: the same reduction for all terms (sums over the features, mean over the rows).
    Source: Kingma and Welling 2014, eq. 10 (both terms per example); Goyal et al. 2017, section 2 (rate, reduction)."""
    loss, main = program.loss, program.main
    if loss is None or main is None:
        return []
    known = terms(loss.tape, loss.total)
    mixed = _mixed(program, known) or _faint(program) or _drowned(program, known) or _unlike(program)
    if mixed:
        return [mixed]
    if len(known) != 1 or not scaled_rate(main):
        return []
    said = _alone(program, known[0])
    return [said] if said else []


def _mixed(program: Program, known: list[Term]) -> Finding | None:
    """A sum beside a mean."""
    batch = Pace(program).rows
    rowed = [t for t in known if batch > 1 and t.rows == batch]
    for a, b in combinations(rowed, 2):
        heavy, light = (a, b) if a.weight > b.weight else (b, a)
        ratio = heavy.weight / max(light.weight, 1e-30)
        if ratio < APART or heavy.reduced != "sum" or light.reduced != "mean":
            continue
        went = _course(program, heavy)
        if went is None or went[1] > GONE * went[0]:
            continue
        site = light.node.site
        return Finding(
            "loss-scale", "error", "one term of the loss is a sum, the other a mean: the sum rules",
            f"an element of {heavy.node.name} (line {heavy.node.site.line if heavy.node.site else '?'}) counts "
            f"{figure(ratio, 2)} times one of {light.node.name}; it fell from {figure(went[0])} to {figure(went[1])}",
            "sum both terms over the features and average both over the rows", 0.9, loss_step(program),
            site.file if site else None, site.line if site else None, limit=APART,
            source="Kingma and Welling 2014, eq. 10; seen in the run",
        )  # fmt: skip
    return None


def _drowned(program: Program, known: list[Term]) -> Finding | None:
    """A term without the target that has fallen to nothing, while the one with it is still what a constant answer gives;
    or one that counts for much more and leaves that one poor."""
    loss = program.loss
    own = of_target(loss, known) if loss is not None else None
    least = _constant(program) if own is not None and own.reduced == "mean" else None
    if loss is None or own is None or least is None or penalty(loss) is not None:
        return None
    mine, others = _usually(program, own), [_usually(program, t) for t in known if t is not own]
    if mine is None or any(c is None for c in others):
        return None
    gone = all(c is not None and c[1] <= FALLEN * min(c[0], mine[1]) for c in others)
    heavy = all(t.weight > HEAVY * own.weight for t in known if t is not own)
    if mine[1] < (NO_BETTER if gone else POOR if heavy else math.inf) * least:
        return None
    site = _askew(own, [t for t in known if t is not own]) or loss.site
    return Finding(
        "loss-scale", "warning", "another term of the loss drowns the one with the target",
        f"{own.node.name} ended at {figure(mine[1])}, the best constant answer gives {figure(least)}; the other "
        f"{'term' if len(others) == 1 else 'terms'} ended at "
        f"{', '.join(figure(c[1]) for c in others if c is not None)}",
        "a smaller factor of the other term: both summed over the features, averaged over the rows", 0.85, loss_step(program),
        site.file if site else None, site.line if site else None, limit=NO_BETTER,
        source="Kingma and Welling 2014, eq. 10; Bowman et al. 2016 (a term that wins at once); seen in the run",
    )  # fmt: skip


def _unlike(program: Program) -> Finding | None:
    """A penalty of the answers that is summed over the batch beside a mean: it grows with the batch, what it holds does not."""
    of_main = [x for x in program.losses if program.loss is not None and x.tape.phase == program.loss.tape.phase]
    loss = next((x for x in (program.loss, *of_main[-1:]) if x is not None and unlike(x) is not None), None)
    heavy = unlike(loss) if loss is not None else None
    own = of_target(loss, terms(loss.tape, loss.total)) if loss is not None and heavy is not None else None
    if heavy is None or own is None or loss is None or penalty(loss) is not None:
        return None
    site = _askew(own, [heavy])
    return Finding(
        "loss-scale", "warning", "one term of the loss is a sum, the other a mean: the sum may rule",
        f"an element of {heavy.node.name} (line {heavy.node.site.line if heavy.node.site else '?'}) counts "
        f"{figure(heavy.weight / own.weight, 2)} times one of {own.node.name}", "the same reduction for both terms", 0.7,
        loss_step(program), site.file if site else None, site.line if site else None, limit=HEAVY,
        source="Kingma and Welling 2014, eq. 10 (both terms per example); confirmed by trial",
    )  # fmt: skip


def _askew(own: Term, others: list[Term]) -> Site | None:
    """The reduction that is to be changed: of the other term where that adds up the whole batch, else of the one with the
    target, which averages over its features while the other, rightly, adds them up by the row."""
    first = next((t for t in others if t.node.site), None)
    if first is None or first.reduced != "sum" or own.reduced != "mean":
        return first.node.site if first is not None else None
    by_row = first.node.name == "mean" or abs(first.factor) * own.rows < 1 + 1e-6
    return own.node.site if by_row else first.node.site


def _faint(program: Program) -> Finding | None:
    """A term with data whose factor is so small that it has not fallen while all the others have."""
    found = faint(program)
    if found is None:
        return None
    return Finding(
        "loss-scale", "error", "a term of the loss counts for so little that it is not learnt",
        f"times {figure(found.factor)} it was {figure(100 * found.share, 2)} % of the first losses; without the factor it began "
        f"at {figure(found.began)} and ended at {figure(found.ended)}, while the rest fell from {figure(found.others[0])} to "
        f"{figure(found.others[1])}", "a factor with which both terms fall", 0.9, loss_step(program),
        found.site.file if found.site else None, found.site.line if found.site else None, limit=SHARE,
        source="Wang, Teng and Perdikaris 2021 (gradient pathologies of physics-informed networks); seen in the run",
    )  # fmt: skip


def _constant(program: Program) -> float | None:
    """Mean of the squared error, or of the binary cross-entropy, of the best constant answer to each place of the
    targets; of the cross-entropy of the classes' shares."""
    loss = program.loss
    if loss is not None and loss.name in ("cross_entropy", "nll_loss"):
        labels = [x.flatten() for g in trained(program) if (x := g.targets) is not None and not x.is_floating_point()]
        shares = torch.unique(torch.cat(labels), return_counts=True)[1].double() if labels else torch.ones(1)
        shares = shares / shares.sum()
        return float(-(shares * shares.log()).sum()) if len(shares) > 1 else None
    given = [x for g in trained(program) if (x := g.targets) is not None and x.is_floating_point() and x.ndim > 1]
    given = [x.flatten(1).double() for x in given]
    if loss is None or len(given) < 2 or any(x.shape[1] != given[0].shape[1] for x in given):
        return None
    rows = torch.cat(given)
    if loss.name == "mse_loss" or _squared(loss):
        return float(rows.var(0, correction=0).mean())
    if loss.name.startswith("binary_cross_entropy") and float(rows.min()) >= 0 and float(rows.max()) <= 1:
        p = rows.mean(0).clamp(1e-7, 1 - 1e-7)
        return float(-(p * p.log() + (1 - p) * (1 - p).log()).mean())
    return None


def _squared(loss: LossSeen) -> bool:
    """Is the difference of answers and target squared by hand?"""
    node = loss.node
    if loss.name or node is None or node.name.strip("_") not in ("sub", "rsub"):
        return False
    after = next((n for n in loss.tape.nodes if set(node.outs) & set(n.ins)), None)
    power = after.args[1] if after is not None and len(after.args) > 1 else None
    return after is not None and (after.name == "square" or (after.name.strip("_") == "pow" and power == 2))


def _course(program: Program, term: Term) -> tuple[float, float] | None:
    """The term's size in the first steps and in the last ones."""
    found = _sizes(program, term)
    return (max(found[:3]), min(found[-3:])) if len(found) > 5 else None


def _usually(program: Program, term: Term) -> tuple[float, float] | None:
    """The same in the middle: single batches are better or worse by chance."""
    found = _sizes(program, term)
    return (median(found[:3]), median(found[-8:])) if len(found) > 10 else None


def _sizes(program: Program, term: Term) -> list[float]:
    place = term.node.site
    found = []
    for tape in program.training():
        for node in tape.nodes:
            if node.name == term.node.name and node.site == place:
                look = tape.looks.get(node.outs[0]) if node.outs else None
                if look is not None and look.mean is not None:
                    found.append(abs(look.mean))
                break
    return found


def _alone(program: Program, term: Term) -> Finding | None:
    """One term whose scale is off by its sum or by a constant factor."""
    main, size = program.main, abs(term.factor)
    times = accumulated(program.loss, main.closure) if program.loss and main else 1
    size *= (term.elements if term.reduced == "sum" else 1) * times
    summed = (term.reduced == "sum" or times >= MANY) and size >= 8
    if main is None or (not summed and 1 / FACTOR < size < FACTOR):
        return None
    site = _site(program, term) if times < MANY else (program.sites.get("b") or [None])[0] or _site(program, term)
    how = f"a sum over {term.elements} values" if term.reduced == "sum" else "a mean"
    how += f", {times} of them added up to a step" if times > 1 else ""
    factor = f" times {figure(term.factor)}" if abs(term.factor - 1) > 1e-9 else ""
    rate = main.lr * size
    return Finding(
        "loss-scale", "warning", "the loss is on a scale that the step cannot follow",
        f"{how}{factor}: {main.kind} at {figure(main.lr)} steps as at {figure(rate)} on a plain mean",
        f"divide by {times}" if times >= MANY else "a mean over the batch, without a factor",
        0.95 if math.isfinite(rate) else 0.5, loss_step(program),
        site.file if site else None, site.line if site else None, limit=FACTOR,
        source="Goyal et al. 2017, section 2; seen in the run",
    )  # fmt: skip


def _site(program: Program, term: Term) -> Site | None:
    """Where the reduction is asked for: the loss module's argument, else the call."""
    loss = program.loss
    if loss is not None and loss.made is not None and loss.node is term.node and term.reduced == "sum":
        return argument(program, loss.made, "", "reduction")
    return term.node.site


def loss_step(program: Program) -> int | None:
    """The step at which the loss was written down, None where there is none."""
    return program.loss.tape.index if program.loss else None
