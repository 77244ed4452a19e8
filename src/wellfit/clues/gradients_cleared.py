"""Gradients are wiped between backward and step."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program

EARLY = True
"""It can be stated while the program runs."""


def gradients_cleared(program: Program) -> Finding | None:
    """Sees: all gradients are gone or zero when the optimizer steps, in nearly every step, and zero_grad was called
    after backward.
    Hurts: the weights never move (or only by weight decay and momentum).
    Mistaken for: graph-detached, lr-too-low.
    Remedy: zero_grad before backward, not after.
    Source: a fact of the run, no limit."""
    tapes = [t for t in program.tapes if t.stepped and t.losses]
    cleared = [t for t in tapes if t.cleared]
    between = program.events.count("bzs")
    if not tapes or len(cleared) < 0.8 * len(tapes) or not between:
        return None
    site = (program.sites.get("z") or [None])[-1]
    return Finding(
        "gradients-cleared", "error", "gradients are wiped after backward, before the optimizer steps",
        f"in {len(cleared)} of {len(tapes)} watched steps no gradient was left at the step",
        "move zero_grad() to before backward()", 0.98, tapes[0].index,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip
