"""Gradients cleared before backward."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import at, optimizer_name, scope
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import after, before


def zero_grad_missing(program: Program, finding: Finding) -> Edits | None:
    """`optimizer.zero_grad()` before backward, by the script's own name; behind the step where that is elsewhere."""
    back, step, name = at(program, "b"), at(program, "s"), optimizer_name(program)
    if step is None or name is None:
        return None
    text = f"{name[1]}.zero_grad()"
    if back is not None and back[0] is step[0]:
        source, stmt = back
        if scope(source, stmt) is scope(source, step[1]) and source.enclosing(stmt, ast.With) is None:
            return (before(source, stmt, text),)
    return (after(*step, text),)
