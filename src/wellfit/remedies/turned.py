"""The loss with its sign turned."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("loss-unsuitable",)


def turned(replay: Replay) -> Replay | None:
    """Edit: minus the log-likelihood (1 minus an overlap, minus a similarity): what is least where outputs meet targets.
    Only where the loss was measured to push outputs away from the targets."""
    if not replay.extra.get("away"):
        return None
    return replace(replay, extra={**replay.extra, "sign": -1.0}, note="the sign of the loss turned")


def place(program: Program) -> Site | None:
    """Where outputs meet targets in the loss, else where backward is called."""
    loss = program.loss
    return (loss.site if loss else None) or (program.sites.get("b") or [None])[0]
