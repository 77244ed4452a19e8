"""Trained for longer, nothing else changed."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.locate import loop
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("epochs-too-few",)
HANDICAP = 0.05
FACTOR = 8


def longer(replay: Replay) -> Replay | None:
    """Edit: more epochs. Only where the script's own training was short enough to be played whole."""
    main = replay.program.main
    if main is None or main.steps > replay.steps or main.steps > 300:
        return None
    steps = min(main.steps * FACTOR, 1200)
    return replace(replay, steps=steps, note=f"{steps} steps instead of {main.steps}")


def place(program: Program) -> Site | None:
    """Where the number of epochs is written."""
    return loop(program)
