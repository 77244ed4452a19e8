"""The scheduler stepped once an epoch."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import scope, statement_of
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import after, removed, text_of
from wellfit.nouns.rising import seldom


def lr_schedule_unsuitable(program: Program, finding: Finding) -> list[Edits]:
    """`scheduler.step()` moved behind the loop over batches, into the loop over epochs, or, where it is stepped seldom,
    behind the optimizer's step; else left out."""
    main = program.main
    found = statement_of(program, main.schedule_last if main else None, "v")
    if found is None:
        return []
    source, stmt = found
    loop = source.enclosing(stmt, ast.For, ast.While)
    outer = source.enclosing(loop, ast.For, ast.While) if loop else None
    gone = removed(source, stmt)
    step = statement_of(program, next(iter(program.sites.get("s") or []), None), "s") if seldom(main) else None
    if step is not None and step[0] is source and scope(source, step[1]) is scope(source, stmt):
        return [(after(source, step[1], text_of(source, stmt)), *gone), gone]
    moved: list[Edits] = []
    if isinstance(loop, (ast.For, ast.While)) and outer is not None and scope(source, outer) is scope(source, stmt):
        moved = [(after(source, loop, text_of(source, stmt)), *gone)]
    return [*moved, gone]
