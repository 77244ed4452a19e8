"""The learning rate kept as it began, without the schedule."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("lr-schedule-unsuitable",)


def constant_rate(replay: Replay) -> Replay | None:
    """Edit: step the scheduler once an epoch, or let the rate fall later."""
    main = replay.program.main
    if main is None or len(main.rates) < 2:
        return None
    return replace(replay, rate=lambda step: 1.0, note="learning rate kept as it began")


def place(program: Program) -> Site | None:
    """Where the schedule is stepped."""
    return program.main.schedule_last or program.main.schedule_site if program.main else None
