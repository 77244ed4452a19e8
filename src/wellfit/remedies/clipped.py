"""Gradients clipped to a norm of 1, or to the program's own limit where it clips too late."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("gradient-clipping-missing",)
KEEPS = True
USUAL = True
ORDER = 40


def clipped(replay: Replay) -> Replay | None:
    """Edit: `torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)` between backward and step."""
    program = replay.program
    if program.main is None or program.clipped:
        return None
    own = [c.limit for c in program.clips if c.kind == "norm"]  # where it comes after the step
    limit = median(own) if own else 1.0
    return replace(replay, clip=limit, note=f"gradients clipped to norm {limit:g}")


def place(program: Program) -> Site | None:
    """The clipping that comes too late, else the backward that it belongs after."""
    return (program.sites.get("c") or program.sites.get("b") or [None])[0]
