"""A higher learning rate: 10 and 100 times."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("lr-too-low", "loss-scale")
KEEPS = True


def higher_rate(replay: Replay) -> list[Replay]:
    """The same rates over time, 10 and 100 times higher. Edit: the `lr` argument of the optimizer."""
    return [
        replace(replay, rate=lambda step, f=f: f * replay.rate(step), note=f"learning rate {f:.0f} times higher")
        for f in (10.0, 100.0)
    ]


def place(program: Program) -> Site | None:
    """Where the edit goes."""
    return optimizer_argument(program, "lr")
