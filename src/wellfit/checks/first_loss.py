"""Is the loss of the untrained network what chance gives?"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.suspect import START, Cause, suspect
from wellfit.nouns.trial import LossOf, bare_loss, chance, indifferent, rows, trial
from wellfit.nouns.units import figure

SHARE = 0.05
ROWS = 1024
HIGH = {"classes": 4.0, "labels": 4.0, "values": 10.0}
"""First loss over what is expected: more is a warning, ten times as much an error. Of 4,320 healthy networks (four
initialisations, four activations, 0 to 6 hidden layers 8 to 128 wide, six seeds) the largest had 2.6, 1.9 and 8.3."""
LOW = 0.5
"""First loss over chance: less knows the answers already."""


def first_loss(case: Case) -> Finding | None:
    """The loss of the untrained network on training rows, without regularisation, against two figures: the loss of
    the best constant answer for these class frequencies (or this spread of targets), and that of outputs that are
    all zero, ln C for C classes. An untrained network knows nothing, so it should come near (CS231n, "Babysitting
    the learning process"; Karpathy 2019, "A recipe for training neural networks").

    None where nothing is asked (form density): there is no answer to be right about.
    """
    if case.data.form == "density":
        return None
    x, y = rows(case, ROWS)
    loss, high = bare_loss(case), HIGH[case.data.form]
    with trial(case) as network, torch.no_grad():
        outputs = network(x)
        first = float(loss(outputs, y))
        grown = _grows(loss, outputs, y)
        fair, zero = chance(case, y), indifferent(case, y)
        expected = max(fair, zero)
        evidence = (
            f"first loss {figure(first)}; best constant answer {figure(fair)}; "
            f"outputs all zero {figure(zero)}{_formula(case, zero)}; {len(y)} training rows"
        )
        readings = (Reading("first_loss", first, 0), Reading("chance_loss", fair, 0))
        if math.isfinite(first) and LOW * fair <= first <= high * expected and not grown:
            summary = f"First loss {figure(first)}, chance {figure(fair)}."
            return Finding("first-loss", "ok", summary, evidence, readings=readings, stage="check")
        cause, severity, limit = _cause(case, network, x, y, first, fair, expected, grown)
    return Finding(
        cause.fault,
        severity,
        f"The untrained network's loss is {figure(first)} where chance gives {figure(fair)}.",
        f"{evidence}; {cause.why}" if cause.why else evidence,
        cause.remedy,
        confidence=0.9 if cause.why else 0.4,
        readings=readings,
        limit=limit,
        source="CS231n, babysitting the learning process; limit from healthy networks measured",
        change=cause.change,
        stage="check",
    )


def _cause(case: Case, network: nn.Module, x: Tensor, y: Tensor, first, fair, expected, grown):
    """(cause, severity, limit) of a first loss that is not as it should be."""
    if grown:
        why = "the loss doubles when every row is given twice: it is a sum over examples"
        return Cause("loss-scale", why, "let the loss be a mean over the batch"), "warning", 1.5
    if first < LOW * fair:
        remedy = "see whether the network was trained before, or whether the targets are among the inputs"
        return Cause("data-leak", "", remedy), "info", LOW * fair
    high = HIGH[case.data.form]
    otherwise = Cause("init-unsuitable", "", START, {"network.init": "he"})
    severity = "warning" if first <= 10 * high * expected else "error"  # "error" for NaN too
    return suspect(case, network, x, y, otherwise), severity, high * expected


def _grows(loss: LossOf, outputs: Tensor, y: Tensor) -> bool:
    """Does the loss grow when every row is given twice? A mean does not."""
    once, twice = float(loss(outputs, y)), float(loss(outputs.repeat_interleave(2, 0), y.repeat_interleave(2, 0)))
    return abs(once) < math.inf and twice > 1.5 * once > 0


def _formula(case: Case, zero: float) -> str:
    """ "= ln 10" where the loss of zero outputs is just that."""
    form = case.data.form
    n = case.data.shape_out[0] if form == "classes" else 2
    return f" (ln {n})" if form != "values" and math.isclose(zero, math.log(n), rel_tol=1e-3) else ""
