"""The learning rate falls too fast, too slowly, or is stepped at the wrong time."""

from __future__ import annotations

import math

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import schedule
from wellfit.nouns.pace import Pace, peak_rate
from wellfit.nouns.program import OptimizerSeen, Program
from wellfit.nouns.rising import rise, seldom
from wellfit.nouns.units import figure, percent

GONE = 0.01
"""Share of its highest value below which a rate trains no more."""
EARLY = 0.5
"""Part of the training by which it was gone."""
SOON = 0.25
LOW = 0.1
GROWN = 20.0
HALF, UNRISEN = 0.5, 0.2
"""Shares of the rate that a schedule is to reach: a rate that still rises at the end and is below it is suspected, below
the second also a fault where the loss has kept much of its first value."""
HALFWAY = 0.5
"""Part of the training since which a rate has risen by a fifth that still rises (scheduled once an epoch, it takes few
steps)."""
WELL = 0.6
"""Share of the loss that is gone."""
STEPPED = frozenset(
    ("StepLR", "MultiStepLR", "ExponentialLR", "CosineAnnealingLR", "OneCycleLR", "LambdaLR", "LinearLR", "PolynomialLR",
     "MultiplicativeLR", "CyclicLR")
)  # fmt: skip
"""Schedulers that step by the method that is watched."""
DONE = 0.95
"""Share of the loss that is gone: then the rate may go as well."""


def lr_schedule_unsuitable(program: Program) -> Finding | None:
    """Sees: a rate that is a hundredth of its highest value before half of the training is over; one that never gets
    near what the schedule was to reach; one that grows twentyfold beyond where it began; a scheduler that is made and
    never stepped.
    Hurts: the rest of the training changes nothing; or it blows up.
    Mistaken for: lr-too-low, epochs-too-few; a fall to nothing at the very end is what cosine and linear schedules do.
    Remedy: step the scheduler once an epoch, or count its period in steps.
    Source: PyTorch, "How to adjust learning rate"; confirmed by trial with a constant rate."""
    main, pace = program.main, Pace(program)
    if main is None or not main.rates or main.steps < 4 or not main.rates[0][1]:
        return None
    if _idle(program, main):
        at = main.schedule_site
        return Finding(
            "lr-schedule-unsuitable", "error", f"the {main.schedule} is made and never stepped",
            f"the rate was {figure(main.rates[0][1][0])} in all {main.steps} steps", "call its step() in the training loop",
            0.94, main.first, at.file if at else None, at.line if at else None, source="seen in the run",
        )  # fmt: skip
    rates = [(at - main.first, float(r[0])) for at, r in main.rates]
    top, said = peak_rate(main), None
    high, wanted = max(r for _, r in rates), _wanted(main)
    if len(rates) > 1 and high >= LOW * top > 0:  # a rate that never was high did not fall
        gone = next((at for at, r in rates if r < GONE * top and all(x < LOW * top for a, x in rates if a >= at)), None)
        if gone is not None and gone < EARLY * main.steps:
            said = (f"the rate fell from {figure(top)} to {figure(rates[-1][1])}, below a hundredth after step {gone} "
                    f"of {main.steps}", gone < SOON * main.steps)  # fmt: skip
        elif rates[-1][1] > GROWN * rates[0][1] and rates[-1][1] > 2 * _wanted(main):
            said = f"the rate grew from {figure(rates[0][1])} to {figure(rates[-1][1])}", not pace.finite
    rising = rates[-1][1] == high > 1.2 * next((r for at, r in rates if at >= HALFWAY * main.steps), high)
    if said is None and main.schedule and (high < LOW * wanted or (rising and high < HALF * wanted)):
        proved = rising and high < UNRISEN * wanted and pace.fallen < WELL
        said = f"the rate never rose above {figure(high)} on its way to {figure(wanted)}", proved
    if said is None or not math.isfinite(pace.losses[0] if pace.losses else math.nan):
        return None
    site = rise(program) if rising else schedule(program)
    often = f"; stepped {main.schedule_steps} times in {main.steps} steps" if main.schedule_steps else ""
    learnt = f"; the loss fell by {percent(pace.fallen, 0)} in all"
    return Finding(
        "lr-schedule-unsuitable", "error" if said[1] and pace.fallen < DONE else "warning",
        "the learning rate's schedule does not fit the training", said[0] + often + learnt,
        "step the scheduler after each batch, or count its length in epochs" if rising and seldom(main) else
        "step the scheduler once an epoch, or count its period in steps", 0.93, main.first,
        site.file if site else None, site.line if site else None, limit=GONE, source="rates seen in the run",
    )  # fmt: skip


def _idle(program: Program, main: OptimizerSeen) -> bool:
    """Was a scheduler made whose steps could not be missed, and none seen?"""
    moved = len(main.rates) > 1 or main.schedule_steps or "v" in program.events
    return main.schedule in STEPPED and not moved and not program.crash and not program.cut


def _wanted(main: OptimizerSeen) -> float:
    """The rate that the schedule is to reach."""
    group = main.groups[0] if main.groups else {}
    return float(group.get("max_lr") or group.get("initial_lr") or 0.0)
