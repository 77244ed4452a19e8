"""It learns the training rows by heart: nothing holds it back, or there is too much of it."""

from __future__ import annotations

from statistics import median

from torch.nn import Embedding
from torch.nn.modules.dropout import _DropoutNd

from wellfit.nouns.finding import Finding
from wellfit.nouns.fitting import distinct_rows, fitting, goes_back, hit_share
from wellfit.nouns.locate import optimizer_argument, width
from wellfit.nouns.program import Program
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure, percent
from wellfit.nouns.weights import size, starts, trained

APART, ROSE = 5.0, 1.35
"""Loss on other rows over loss on training rows at the end, and over its own lowest before."""
BY_HEART, EARLY, SLIGHTLY = 20.0, 0.2, 1.2
"""Values that are known by heart so far (the same quotient), and were predicted best in this first part of the training:
then this rise is enough. Between classes a rising loss may be mere certainty, so not there."""
KNOWN, MISSED = 0.02, 0.7
"""Shares of the targets' variance that are left on training rows known by heart, and on others where that did not help."""
LATE = 0.7
"""Share of the steps from which an evaluation speaks of the end, and its best must lie before."""
LEARNT, WRONG = 0.03, 0.8
"""Cross-entropy that says a row is known by heart; share of right answers on others below which that did not help."""
LOGARITHMIC = ("cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits")
RIGHT = 0.95
"""Share of right answers on others above which a rising loss does not count."""
CROWDED = 20.0
"""Weights to a training row, from which on the network itself is too large."""


def regularization_missing(program: Program) -> list[Finding]:
    """Sees: the program's own loss on rows it does not train on ends five times as high as on those it trains on, and
    a third higher than it once was; or next to no loss on training rows and many wrong answers, or most of the
    variance left, on others.
    Hurts: it answers from memory; every epoch makes it worse on anything new.
    Mistaken for: data-leak the other way round, epochs-too-many (which stops the same thing earlier).
    Remedy: a smaller network, weight decay, dropout, fewer epochs. Early stopping that goes back to its best weights is one.
    Source: Prechelt 1998, "Early stopping: but when?"; capacity by weights to a row."""
    told = _rising(program) or _by_heart(program) or _values_by_heart(program)
    if told is None:
        return []
    said, step, rows = told
    weights = max((size(n) for n in trained(program)), default=0)
    large = rows > 0 and weights > CROWDED * rows
    held = _held_back(program)
    evidence = f"{said}; {weights} weights for {rows or '?'} training rows"
    found = []
    for label, site, remedy in (
        ("capacity-too-large", _widest(program), "a narrower network"),
        ("regularization-missing", optimizer_argument(program, "weight_decay"), "weight decay or dropout"),
    ):
        first = (label == "capacity-too-large") == (large or held)
        found.append(Finding(
            label, "error" if first else "info", "it learns the training rows by heart", evidence, remedy,
            0.85 if first else 0.4, step, site.file if site else None, site.line if site else None,
            source="seen in the program's own evaluations",
        ))  # fmt: skip
    return found


Told = tuple[str, int, int]
"""What was seen, the step at which it was best, training rows."""


def _rising(program: Program) -> Told | None:
    """The program's own loss on other rows has risen."""
    fit = fitting(program)
    if fit is None or len(fit.curve) < 3 or goes_back(program) or (hit_share(program) or 0.0) >= RIGHT:
        return None  # where nearly all answers on others are right, it is too sure of the rest, no more
    late = [v for at, v in fit.curve[-2:] if at >= LATE * program.steps]  # not all evaluations are written down
    if not late:
        return None
    end = sum(late) / len(late)
    step, low = min(fit.curve, key=lambda at: at[1])
    values = program.task == "regression" and end > BY_HEART * fit.train and step < EARLY * program.steps
    rose = SLIGHTLY if values else ROSE
    if fit.train <= 0 or end < APART * fit.train or end < rose * low or step > LATE * program.steps:
        return None
    said = f"loss {figure(fit.train, 2)} on training rows and {figure(end, 2)} on others"
    return f"{said}, which was {figure(low, 2)} at step {step}", step, fit.rows


def _by_heart(program: Program) -> Told | None:
    """Next to no loss left on training rows, and many wrong answers on others (but more right ones than by chance)."""
    loss, share = program.loss, hit_share(program)
    if loss is None or share is None or loss.name not in LOGARITHMIC or len(program.curve) < 100:
        return None
    end = median(v for _, v in program.curve[-max(len(program.curve) // 20, 5) :])
    look = loss.look(loss.answer)
    chance = 1 / look.shape[1] if look and len(look.shape) == 2 and look.shape[1] > 1 else 0.5
    if end > LEARNT or not chance + 0.15 < share < WRONG:
        return None
    said = f"loss {figure(end, 2)} on training rows at the end, {percent(share, 0)} right answers on others"
    return said, program.steps, distinct_rows(program)


def _values_by_heart(program: Program) -> Told | None:
    """The same of a squared error: next to none of the targets' variance left on training rows, most of it on others."""
    fit, loss = fitting(program), program.loss
    look = loss.look(loss.target) if loss is not None else None
    if fit is None or look is None or not look.std or loss is None or loss.name not in ("", "mse_loss"):
        return None
    late = [v for at, v in fit.curve[-2:] if at >= LATE * program.steps]
    if goes_back(program) or not late or fit.train > KNOWN * look.std**2 or min(late) < MISSED * look.std**2:
        return None
    said = f"squared error {figure(fit.train, 2)} on training rows and {figure(min(late), 2)} on others, whose variance is "
    return f"{said}{figure(look.std**2, 2)}", program.steps, fit.rows


def _held_back(program: Program) -> bool:
    decay = any((g.get("weight_decay") or 0) > 0 for g in (program.main.groups if program.main else []))
    modules = [m for n in program.networks for m in n.module.modules()]
    return decay or any(isinstance(m, _DropoutNd) and m.p > 0 for m in modules)


def _widest(program: Program) -> Site | None:
    """Where the width of the layer (or table) with the most weights is written."""
    tables = [m for n in trained(program) for m in n.module.modules() if isinstance(m, Embedding)]
    layers = [*(x.module for n in trained(program) for x in starts(n)), *tables]
    layers = [m for m in layers if m is not None and id(m) in program.made]
    largest = max(layers, key=lambda m: m.weight.numel(), default=None)  # type: ignore[union-attr]
    return width(program, largest) if largest is not None else None
