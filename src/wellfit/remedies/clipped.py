"""Gradients clipped to a norm of 1."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("gradient-clipping-missing",)
KEEPS = True
USUAL = True
ORDER = 40


def clipped(replay: Replay) -> Replay | None:
    """Edit: `torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)` between backward and step."""
    if replay.program.main is None or "c" in replay.program.events:
        return None
    return replace(replay, clip=1.0, note="gradients clipped to norm 1")


def place(program: Program) -> Site | None:
    """The backward that the clipping belongs after."""
    return (program.sites.get("b") or [None])[0]
