"""Sixteen batches to a step, as a batch sixteen times the size."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from wellfit.nouns.locate import batch_size
from wellfit.nouns.pace import Pace
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("batch-size-too-small",)
KEEPS = True
ALONE = False
"""Less noise is also what a lower rate gives: proves nothing where no clue speaks for it."""
ROWS = 4
TOGETHER = 16


def bigger_batches(replay: Replay) -> Replay | None:
    """Edit: `batch_size`. Only for batches of up to four examples without batch norm, whose statistics it leaves."""
    if not 0 < Pace(replay.program).rows <= ROWS or len(replay.batches) < TOGETHER:
        return None
    if any(isinstance(m, nn.modules.batchnorm._NormBase) for n in replay.networks.values() for m in n.modules()):
        return None
    return replace(replay, extra={**replay.extra, "together": TOGETHER}, note=f"{TOGETHER} batches to a step")


def place(program: Program) -> Site | None:
    """Where the batch size is written."""
    return batch_size(program, Pace(program).rows)
