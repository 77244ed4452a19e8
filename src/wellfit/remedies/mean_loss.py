"""The loss as a plain mean over the batch."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.pace import scaled_rate
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site
from wellfit.nouns.terms import accumulated, terms

FAULTS = ("loss-scale",)
USUAL = True
ORDER = 40
NEAR_ONE = 3.0


def mean_loss(replay: Replay) -> Replay | None:
    """Edit: `reduction="mean"`, `.mean()` in place of `.sum()`, no constant factor. Played as a factor of the rate,
    which is the same where the optimizer's step follows the gradient's size."""
    loss, main = replay.batches[0].loss, replay.program.main
    known = terms(loss.tape, loss.total)
    if len(known) != 1 or not scaled_rate(main):
        return None
    times = accumulated(loss, main is not None and main.closure)
    size = abs(known[0].factor) * (known[0].elements if known[0].reduced == "sum" else 1) * times
    if not size or 1 / NEAR_ONE < size < NEAR_ONE:
        return None
    return replace(replay, rate=lambda step: replay.rate(step) / size, note="the loss as a plain mean")


def place(program: Program) -> Site | None:
    """Where the loss is made, else where it is called."""
    main = program.main
    if program.loss and main and accumulated(program.loss, main.closure) > 1:
        return (program.sites.get("b") or [program.loss.site])[0]
    return program.loss.made or program.loss.site if program.loss else None
