"""The learning rate is too low."""

from __future__ import annotations

import math
from statistics import median

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import clipping, optimizer_argument
from wellfit.nouns.misplaced import swapped
from wellfit.nouns.pace import Pace, beyond_usual, scaled_rate
from wellfit.nouns.program import Program
from wellfit.nouns.units import figure, percent

SLOW = 8e-4
"""Usual share of the weights' norm that a step moves them: the lecture's aim is 0.001 to 0.01."""
NOTHING = 1e-9
"""Below this no gradient arrives: the rate is not the cause."""
LEFT = 0.01
"""Share of the gradients' norm: where clipping leaves less, it sets the step and no longer bounds it."""
CREEP = 1e-4
"""A tenth of the aim."""
BELOW, MOVED = -0.5, 0.03
"""Decades below the usual rates, and share of the weights' norm that all steps together could have moved them, with which
no training from first weights gets anywhere, whatever else is wrong."""


def lr_too_low(program: Program) -> Finding | None:
    """Sees: steps that move the weights by far less than a thousandth of their norm, from the first one on, and a loss
    that has kept most of its first value; gradients of which clipping leaves next to nothing.
    Hurts: the training ends long before it gets anywhere.
    Mistaken for: epochs-too-few (steps are of a good size, there are few of them), gradients that vanish, a schedule
    that took the rate away, a training that has converged; settled by a trial at higher rates.
    Remedy: a rate 10 to 100 times higher.
    Source: Karpathy, CS231n notes; usual ranges: documentation of each optimizer; confirmed by trial."""
    main, pace = program.main, Pace(program)
    if main is None or len(pace.losses) < 10 or not pace.finite:
        return None
    clipped = _clipped(program, pace)
    if clipped is not None:
        return clipped
    below, usual, first = beyond_usual(main), pace.update, pace.first_update
    if not math.isfinite(usual) or usual < NOTHING or first > 8 * SLOW:
        return None
    if below > -0.3 and (usual >= SLOW or pace.fallen > 0.6):
        return None
    if below <= -0.3 and (pace.fallen > 0.9 or usual > 10 * SLOW):
        return None
    proved = below <= -0.9 and usual < CREEP and pace.fallen < 0.2 and program.steps >= 100
    still = below <= BELOW and main.steps * usual < MOVED and pace.fallen < 0.2 and program.steps >= 100
    sure = 0.95 if still else 0.92 if below <= -0.3 else 0.75 if usual < 3 * CREEP else 0.6
    site = optimizer_argument(program, "lr")
    return Finding(
        "lr-too-low", "error" if proved else "warning", f"the learning rate of {main.kind} is too low{swapped(program, 'lr')}",
        f"rate {figure(main.lr)}; a step usually moves the weights by {figure(usual, 2)} of their norm (aim 0.001 to "
        f"0.01); the loss went from {figure(pace.start)} to {figure(pace.end)} in {main.steps} steps",
        "a rate 10 to 100 times higher", sure, main.first,
        site.file if site else None, site.line if site else None, limit=SLOW,
        source="Karpathy, CS231n notes (ratio of updates to weights); usual rates of the optimizer's documentation",
    )  # fmt: skip


def _clipped(program: Program, pace: Pace) -> Finding | None:
    """Clipping that leaves next to nothing of the gradients, where the step follows their size."""
    left = [c.left for c in program.clips]
    if len(left) < 3 or median(left) > LEFT or not scaled_rate(program.main) or not pace.update < SLOW:
        return None
    site, limit = clipping(program), program.clips[0].limit
    return Finding(
        "lr-too-low", "error" if pace.update < CREEP and pace.fallen < 0.3 else "warning",
        "clipping leaves next to nothing of the gradients: the steps are too small",
        f"clipped at {figure(limit)}, {percent(median(left), 2)} of the gradients' norm is left; a step usually moves the "
        f"weights by {figure(pace.update, 2)} of their norm (aim 0.001 to 0.01)",
        "clip at a norm that most gradients do not reach, 1 to 10", 0.94, program.main.first if program.main else None,
        site.file if site else None, site.line if site else None, limit=LEFT,
        source="Pascanu, Mikolov and Bengio 2013: a limit of the size of usual norms; seen in the run",
    )  # fmt: skip
