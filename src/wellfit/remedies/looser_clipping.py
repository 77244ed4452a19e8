"""Gradients clipped where clipping usually begins."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.locate import clipping
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure

FAULTS = ("lr-too-low",)
KEEPS = True
USUAL = True
ORDER = 38
NORM, TIGHT = 1.0, 0.1
"""The usual norm (Pascanu et al. 2013 and many since: 0.5 to 10), and the limit below which one is tight."""


def looser_clipping(replay: Replay) -> Replay | None:
    """Edit: `max_norm=1.0`. For programs that clip below 0.1."""
    limits = [c for c in (replay.clip, replay.cut) if c is not None]
    if not limits or min(limits) >= TIGHT:
        return None
    note = f"gradients clipped to norm 1 instead of at {figure(min(limits))}"
    return replace(replay, clip=NORM, cut=None, note=note)


def place(program: Program) -> Site | None:
    """Where the limit is written."""
    return clipping(program)
