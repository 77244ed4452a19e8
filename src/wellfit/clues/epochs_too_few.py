"""The training stopped while the loss was still falling."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import loop
from wellfit.nouns.pace import Pace, beyond_usual, judged
from wellfit.nouns.program import Program
from wellfit.nouns.stopping import LONGER, Stopped, improving, left, stopped
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure, percent

STILL = 0.12
"""Share of the whole fall that came in the last quarter, beyond twice its standard error: an exponential that has come
within 5 % of its floor has less than 0.1 there."""
FEW_PASSES = 3
FEW_STEPS = 120
MOVING = 3e-4
"""Updates this large show that it is not the rate that holds it."""


def epochs_too_few(program: Program) -> Finding | None:
    """Sees: a loss that still falls in the last quarter of the training, or only a few passes or steps in all, with
    updates of a good size; or a rule of the program's own that ended it before its planned passes while its evaluation
    was at its best; or a loop over epochs that trains in its first pass alone (left there, or of a spent iterator).
    Hurts: what the network could learn is left unlearnt.
    Mistaken for: lr-too-low (updates far too small), a schedule; settled by training on.
    Remedy: more epochs, and stopping by a validation loss.
    Source: confirmed by trial."""
    main, pace = program.main, Pace(program)
    if main is None or not pace.finite or len(pace.losses) < 2 or program.interrupted or program.crash:
        return None
    gone = left(program)
    if gone is not None and (not pace.epoch or main.steps < 1.5 * pace.epoch):
        return _once(gone, main.steps)
    early = stopped(program)
    if early is not None and pace.late > 0 and (pace.late >= STILL or improving(program, _planned(early))):
        return _by_itself(program, early, pace)
    late, passes = pace.late, main.steps / pace.epoch if pace.epoch else 0.0
    few = 0 < passes <= FEW_PASSES or main.steps <= FEW_STEPS
    if not (late >= STILL or few) or not pace.update >= MOVING or _settled(program):
        return None
    site = early.site if early is not None else loop(program)
    said = f"{figure(passes, 2)} passes over the data, " if passes else ""
    sure = 0.8 if few and beyond_usual(main) >= 0 else 0.65
    return Finding(
        "epochs-too-few", "warning", "the training stopped while it was still improving",
        f"{main.steps} steps, {said}{percent(late, 0)} of the fall of the loss in the last quarter; a step moves the "
        f"weights by {figure(pace.update, 2)} of their norm", "train for longer", sure, main.steps,
        site.file if site else None, site.line if site else None, limit=STILL, source="seen in the run",
    )  # fmt: skip


def _once(site: Site, steps: int) -> Finding:
    """Only the first pass trains, whatever the loop over epochs says."""
    return Finding(
        "epochs-too-few", "error", "only the first of its passes over the data trains",
        f"{steps} steps in all; the loop over epochs is left in its first pass, or its batches come from an iterator that is "
        "made once, before that loop, and is spent after one pass",
        "leave the loop after its last pass; make the iterator anew in each", 0.95, steps, site.file, site.line,
        source="a fact of the source",
    )  # fmt: skip


def _by_itself(program: Program, early: Stopped, pace: Pace) -> Finding:
    """It stopped by a rule of its own while it got better: the rule, not the number of epochs, is at fault."""
    sure, planned = improving(program, _planned(early)), f" of {early.planned}" if early.planned else ""
    return Finding(
        "epochs-too-few", "error" if sure else "warning", "the training stopped by itself while it was still improving",
        f"stopped after {figure(early.passes, 2)}{planned} passes; {percent(pace.late, 0)} of the fall of the loss "
        f"in the last quarter" + ("; its own evaluation was at its best when it stopped" if sure else ""),
        "a longer patience, and a rule that knows whether more or less is better", 0.85, program.main.steps if program.main
        else 0, early.site.file, early.site.line, limit=STILL, source="seen in the run",
    )  # fmt: skip


def _planned(early: Stopped) -> float:
    """Times as many passes as it made."""
    return early.planned / early.passes if early.planned else LONGER


def _settled(program: Program) -> bool:
    """Have the evaluations stopped improving? Then what still falls is memory of the training data."""
    values = [v for _, v in judged(program)]
    if len(values) < 5:
        return False
    third = len(values) // 3
    gained, late = values[0] - min(values), min(values[:-third]) - min(values[-third:])
    return late < 0.03 * max(gained, 1e-12)
