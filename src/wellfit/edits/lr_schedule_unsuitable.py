"""The scheduler stepped once an epoch."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import scope, statement_of
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import after, removed, text_of


def lr_schedule_unsuitable(program: Program, finding: Finding) -> list[Edits]:
    """`scheduler.step()` moved behind the loop over batches, into the loop over epochs; else left out."""
    main = program.main
    found = statement_of(program, main.schedule_last if main else None, "v")
    if found is None:
        return []
    source, stmt = found
    loop = source.enclosing(stmt, ast.For, ast.While)
    outer = source.enclosing(loop, ast.For, ast.While) if loop else None
    gone = removed(source, stmt)
    moved: list[Edits] = []
    if isinstance(loop, (ast.For, ast.While)) and outer is not None and scope(source, outer) is scope(source, stmt):
        moved = [(after(source, loop, text_of(source, stmt)), *gone)]
    return [*moved, gone]
