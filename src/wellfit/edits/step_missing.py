"""The optimizer steps after each backward."""

from __future__ import annotations

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import at, optimizer_name, scope
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import after, removed, text_of


def step_missing(program: Program, finding: Finding) -> Edits | None:
    """`optimizer.step()` behind backward; a step that stands outside the loop over batches moves there."""
    back, step, name = at(program, "b"), at(program, "s"), optimizer_name(program)
    if back is None or name is None:
        return None
    source, stmt = back
    if step is None:
        return (after(source, stmt, f"{name[1]}.step()"),) if name[0] is source else None
    if step[0] is not source or scope(source, step[1]) is not scope(source, stmt):
        return None
    return (after(source, stmt, text_of(source, step[1])), *removed(source, step[1]))
