"""The learning rate is too high."""

from __future__ import annotations

import math

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.misplaced import swapped
from wellfit.nouns.pace import Pace, beyond_usual
from wellfit.nouns.program import Program
from wellfit.nouns.units import figure

WILD = 0.2
"""Share of the weights' norm that one of the first steps moved them: the lecture's aim is 0.001 to 0.01."""
BRISK = 0.03
"""The same where the loss does not fall either."""
PEAK = 3.0
"""Times the first loss that the loss rose to."""
BEYOND = 0.5
"""Decades above the usual range of the optimizer that, with a loss that did not fall, need no trial."""


CREEP = 1e-4
"""Steps that move the weights by less are too small, whatever the rate (clipping, a wiped gradient)."""


def lr_too_high(program: Program) -> Finding | None:
    """Sees: first steps that move the weights by a fifth of their norm or more, a loss that rises to three times its
    start or stops being finite, a rate above the optimizer's usual range with a loss that does not fall.
    Hurts: the weights are thrown where units are dead or saturated; the loss jumps and settles at chance.
    Mistaken for: inputs-unscaled, targets-unscaled, loss-scale, zero-grad-missing: all make steps too large, so a rate
    in the usual range is a weak suspicion only; settled by a trial at lower rates.
    Remedy: a rate 10 to 100 times lower.
    Source: update ratio: Karpathy, CS231n notes; usual ranges: documentation of each optimizer; confirmed by trial."""
    main, pace = program.main, Pace(program)
    if main is None or len(pace.losses) < 3 or not math.isfinite(pace.losses[0]):
        return None
    above, first, start = beyond_usual(main), pace.first_update, pace.losses[0]
    early = pace.losses[: max(50, len(pace.losses) // 4)]
    peak = max((v if math.isfinite(v) else math.inf for v in early), default=0.0) / abs(start) if start else 0.0
    stuck = not pace.finite or pace.end >= 0.97 * start
    wild = (first >= WILD, peak >= PEAK, not pace.finite, stuck and (above > 0 or first >= BRISK), above >= BEYOND)
    if not any(wild) or above < 0 or (pace.finite and first < CREEP):
        return None
    proved = above >= BEYOND and stuck and (first >= WILD or peak >= PEAK)
    site = optimizer_argument(program, "lr")
    reached = "not finite" if math.isinf(peak) else f"{figure(peak, 2)} times its start"
    return Finding(
        "lr-too-high", "error" if proved else "warning", f"the learning rate of {main.kind} is too high{swapped(program, 'lr')}",
        f"rate {figure(main.lr)}; one of the first steps moved the weights by {figure(first, 2)} of their norm "
        f"(aim 0.001 to 0.01); the loss rose to {reached} and ended at {figure(pace.end)} from {figure(start)}",
        "a rate 10 to 100 times lower", 0.92 if above > 0 else 0.55, program.steps and main.first,
        site.file if site else None, site.line if site else None, limit=WILD,
        source="Karpathy, CS231n notes (ratio of updates to weights); usual rates of the optimizer's documentation",
    )  # fmt: skip
