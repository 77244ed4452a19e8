"""Adam at its usual rate of 0.001 in the optimizer's place."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("optimizer-unsuitable", "lr-too-high", "lr-too-low")
KEEPS = True
HANDICAP = 0.15
"""Adam helps nearly every program a little, so it must do clearly better than the other changes."""
USUAL = True
ORDER = 10


def adam(replay: Replay) -> Replay | None:
    """Over the same parameters, Adam(lr=0.001). Edit: the optimizer's class and rate."""
    main = replay.program.main
    if main is None or (main.kind in ("Adam", "AdamW", "NAdam", "RAdam") and 3e-4 <= main.lr <= 3e-3):
        return None

    def make(parameters):
        held = [p for g in replay.optimizer(parameters).param_groups for p in g["params"]]
        return torch.optim.Adam(held, lr=1e-3)

    return replace(replay, optimizer=make, note="Adam at 0.001")


def place(program: Program) -> Site | None:
    """Where the edit goes."""
    return optimizer_argument(program)
