"""The learning rate kept as it began, without the schedule."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.locate import schedule
from wellfit.nouns.pace import peak_rate
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure

FAULTS = ("lr-schedule-unsuitable",)
KEEPS = True


def constant_rate(replay: Replay) -> Replay | None:
    """Edit: step the scheduler once an epoch, or let the rate fall later."""
    main = replay.program.main
    had = max((float(r[0]) for _, r in main.rates if r), default=0.0) if main is not None else 0.0
    if main is None or had <= 0 or (len(main.rates) < 2 and not main.schedule):
        return None
    top = peak_rate(main)
    factor = top / had if top > 0 else 1.0
    if len(main.rates) < 2 and factor < 2:
        return None
    return replace(replay, rate=lambda step: factor, note=f"learning rate kept at {figure(top)}")


def place(program: Program) -> Site | None:
    """Where the schedule is stepped."""
    return schedule(program)
