"""Gradients are wiped between backward and step."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.tape import Site
from wellfit.nouns.wiping import told, wasted, where_wiped, wiped_between

EARLY = True
"""It can be stated while the program runs."""


def gradients_cleared(program: Program) -> Finding | None:
    """Sees: backward gave gradients, and all are gone or zero when the optimizer steps, in nearly every step; or most
    are cleared between the backward passes that one step is to add up.
    Hurts: the weights never move (or only by weight decay and momentum), or learn from the last loss alone.
    Mistaken for: graph-detached, lr-too-low, step-missing.
    Remedy: clear once, before the first backward of a step.
    Source: a fact of the run, no limit; of passes between steps, at least half."""
    tapes = [t for t in program.tapes if t.stepped and t.losses]
    cleared = [t for t in tapes if t.cleared]
    if tapes and len(cleared) >= 0.8 * len(tapes):
        return _found(
            where_wiped(program), tapes[0].index, "gradients are wiped after backward, before the optimizer steps",
            f"in {len(cleared)} of {len(tapes)} watched steps no gradient was left at the step",
            "clear gradients before backward(), not between it and the step",
        )  # fmt: skip
    inside = _in_closure(program)
    if inside is not None:
        return inside
    passes, lost = told(program).count("b"), wasted(program)
    site = wiped_between(program) if passes >= 4 and lost >= 0.5 * passes - 1 else None
    if site is None or any(o.closure for o in program.optimizers):
        return None
    return _found(
        site, 0, "gradients are cleared between the backward passes of one step",
        f"{lost} of {passes} backward passes were cleared unused; {program.steps} steps",
        "clear once, after the step or before the first backward()",
    )  # fmt: skip


def _in_closure(program: Program) -> Finding | None:
    """A closure that clears what its own backward gave before the optimizer reads it."""
    parts = [p for p in told(program).split("s")[1:] if p]
    wrong = [p for p in parts if p[0] == "b" and p[-1] == "z" and p.count("b") == p.count("z")]
    if not any(o.closure for o in program.optimizers) or len(wrong) < max(0.8 * len(parts), 2):
        return None
    if program.moved and not all(p.count("b") > 1 for p in wrong):
        return None  # cleared after the step of a closure that is asked once
    return _found(
        (program.sites.get("z") or [None])[-1], 0, "the closure clears its gradients after backward, before they are used",
        f"in {len(wrong)} of {len(parts)} steps clearing came last; the weights "
        + ("hardly moved" if program.moved else "never moved"), "clear at the beginning of the closure",
    )  # fmt: skip


def _found(site: Site | None, step: int, cause: str, evidence: str, remedy: str) -> Finding:
    return Finding(
        "gradients-cleared", "error", cause, evidence, remedy, 0.98, step,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip
