"""Gradients pile up from step to step."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import uncalled
from wellfit.nouns.program import Program
from wellfit.nouns.tape import Tape

EARLY = True
"""It can be stated while the program runs."""


def zero_grad_missing(program: Program) -> Finding | None:
    """Sees: gradients of earlier steps are still there when backward begins, in most steps.
    Hurts: each step follows the sum of all gradients so far, an ever larger and older direction.
    Mistaken for: lr-too-high; not to be mixed up with accumulation, which clears after each step.
    Remedy: `optimizer.zero_grad()` before `backward()`.
    Source: PyTorch, "Zeroing out gradients"; a fact of the run, no limit."""
    tapes = [t for t in program.tapes if t.stepped and t.losses][1:]
    one = _left_out(program, tapes) or _of_its_own(program)
    if one is not None:
        return one
    stale = [t for t in tapes if t.stale]
    if program.steps and any(not o.steps for o in program.optimizers):  # its parameters' gradients are left there
        return None
    if len(program.optimizers) > 1 and program.events.count("z") > 0.5 * program.events.count("s"):
        return None  # each finds the gradients of the other's parameters
    most = 0.8 if len(program.optimizers) > 1 else 0.5  # of several, one may find the other's
    if len(tapes) < 2 or len(stale) < most * len(tapes):
        return None
    seldom = (program.sites.get("z") or program.sites.get("b") or [None])[0]  # a zero_grad that comes too seldom
    site = uncalled(program, "zero_grad") or seldom
    return Finding(
        "zero-grad-missing", "error", "gradients are never cleared: each step adds to all the ones before",
        f"in {len(stale)} of {len(tapes)} watched steps gradients of earlier steps were there before backward",
        "call optimizer.zero_grad() before backward()", 0.97, tapes[0].index,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip


def _left_out(program: Program, tapes: list[Tape]) -> Finding | None:
    """One of several optimizers that step together, whose own gradients nobody clears."""
    others = program.beside(program.main)
    for seen in others if len(others) > 1 and len(tapes) > 2 else ():
        piled = sum(id(seen.optimizer) in t.piled for t in tapes)
        cleared = [o.zeroed for o in others if o is not seen]
        if seen.zeroed or not all(cleared) or piled < 0.8 * len(tapes):
            continue
        places = program.sites.get("z") or program.sites.get("b") or [None]
        twice = len(places) > 1 and max(cleared) > 1.5 * seen.steps  # one is cleared in its place
        site = places[-1 if twice else 0]
        return Finding(
            "zero-grad-missing", "error", "one of the optimizers never clears its gradients: they pile up",
            f"in {piled} of {len(tapes)} watched steps they were there before backward; the other's zero_grad was called "
            f"{max(cleared)} times in {seen.steps} steps", "call zero_grad() of each optimizer before backward()", 0.97,
            tapes[0].index, site.file if site else None, site.line if site else None, source="seen in the run",
        )  # fmt: skip
    return None


def _of_its_own(program: Program) -> Finding | None:
    """Of optimizers that take turns: one whose weights hold gradients of the other's turn, or of its own last one, whenever
    its own backward begins."""
    for at, seen in enumerate(program.optimizers if program.alternating else ()):
        turns = [t for t in program.tapes if t.phase == at and t.losses][1:]
        piled = sum(id(seen.optimizer) in t.piled for t in turns)
        if len(turns) < 3 or piled < 0.8 * len(turns):
            continue
        site = next((n.site for n in reversed(turns[0].needed(turns[0].losses)) if n.site), None)
        never = "" if seen.zeroed else f"; zero_grad of this {seen.kind} is never called"
        return Finding(
            "zero-grad-missing", "error", "gradients of another turn are still there: its steps follow the sum of both",
            f"in {piled} of {len(turns)} watched turns of one optimizer its weights had gradients before its backward began"
            f"{never}", "call its zero_grad() right before its own backward()", 0.96, turns[0].index,
            site.file if site else None, site.line if site else None, source="seen in the run",
        )  # fmt: skip
    return None
