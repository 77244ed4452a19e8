"""A lower learning rate: a tenth and a hundredth."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("lr-too-high", "loss-scale", "gradient-clipping-missing")
KEEPS = True


def lower_rate(replay: Replay) -> list[Replay]:
    """The same rates over time, 10 and 100 times lower. Edit: the `lr` argument of the optimizer."""
    return [
        replace(replay, rate=lambda step, f=f: f * replay.rate(step), note=f"learning rate {1 / f:.0f} times lower")
        for f in (0.1, 0.01)
    ]


def place(program: Program) -> Site | None:
    """Where the edit goes."""
    return optimizer_argument(program, "lr")
