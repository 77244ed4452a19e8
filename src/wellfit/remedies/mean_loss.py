"""The loss as a mean over the batch instead of a sum."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("loss-scale",)
USUAL = True
ORDER = 40


def mean_loss(replay: Replay) -> Replay | None:
    """Edit: `reduction="mean"` (or leave the reduction out)."""
    if not any(b.loss.name and b.loss.reduction == "sum" for b in replay.batches):
        return None
    names = {b.loss.name for b in replay.batches}

    def mean(func, name, args, kwargs):
        if name in names and kwargs.get("reduction") == "sum":
            return func(*args, **{**kwargs, "reduction": "mean", "size_average": None, "reduce": None})
        return NotImplemented

    return replace(replay, inside=(*replay.inside, mean), note="the loss as a mean")


def place(program: Program) -> Site | None:
    """Where the loss is made, else where it is called."""
    return program.loss.made or program.loss.site if program.loss else None
