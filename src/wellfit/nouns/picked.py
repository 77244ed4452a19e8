"""Picked: a network that is shown all rows, of whose answers a part is taken afterwards (`model(x)[cut:]`)."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Node

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def picked(program: Program, node: Node) -> bool:
    """Is a part of what this call of the network answers taken, by a slice that does not begin at the first row or by a
    mask or list of rows? So a series is run from its beginning, and a graph is shown whole, to score the rest."""
    source = program.source(node.site)
    if source is None or node.site is None:
        return False
    calls = [c for c in source.calls() if c.lineno <= node.site.line <= (c.end_lineno or c.lineno)]
    return any(_picked(source, c, program.sources.values(), 2) for c in calls)


def _picked(source: Source, call: ast.AST, files: Iterable[Source], hops: int) -> bool:
    at: ast.AST | None = call
    while at is not None and not isinstance(at, ast.stmt):
        if isinstance(at, ast.Subscript) and _part(source, at) and any(n is call for n in ast.walk(at.value)):
            return True
        at = source.parents.get(at)
    if isinstance(at, (ast.Assign, ast.AnnAssign)):
        targets = at.targets if isinstance(at, ast.Assign) else [at.target]
        names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
        scope = source.enclosing(at, *FUNCTIONS) or source.tree
        uses = [n for n in ast.walk(scope) if isinstance(n, ast.Subscript) and n.lineno >= at.lineno]
        return any(isinstance(u.value, ast.Name) and u.value.id in names and _part(source, u) for u in uses)
    function = source.enclosing(call, *FUNCTIONS)
    if isinstance(at, ast.Return) and isinstance(function, FUNCTIONS) and hops:
        given = [(file, c) for file in files for c in file.calls(function.name)]
        return any(_picked(file, c, files, hops - 1) for file, c in given)
    return False


def _part(source: Source, use: ast.Subscript) -> bool:
    """Does it take some of the rows, and not one after another in a loop?"""
    first = use.slice.elts[0] if isinstance(use.slice, ast.Tuple) and use.slice.elts else use.slice
    if isinstance(first, ast.Slice):
        return first.lower is not None and source.value(first.lower) != 0
    loop = source.enclosing(use, ast.For)
    counted = {n.id for n in ast.walk(loop.target) if isinstance(n, ast.Name)} if isinstance(loop, ast.For) else set()
    return isinstance(first, (ast.Name, ast.Attribute)) and not (isinstance(first, ast.Name) and first.id in counted)
