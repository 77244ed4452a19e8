"""Rows: the names under which a script holds its training and its test data, and where they got them."""

from __future__ import annotations

import ast

from wellfit.nouns.fed import evaluated, inputs_chain, targets_chain
from wellfit.nouns.flow import Spot
from wellfit.nouns.naming import scope
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source

Named = tuple[Source, ast.stmt, str]
"""The file, the statement that gives a name its value, and the name."""


def trained_and_tested(program: Program) -> tuple[Source, ast.stmt, str, list[str]] | None:
    """(file, statement behind which all are known, name of the training inputs, names of the test inputs), where each
    is a plain name of the file's own, assigned in the same block."""
    train = _named(inputs_chain(program))
    if train is None:
        return None
    source, stmt, name = train
    tests = {}
    for held in evaluated(program):
        found = _named(inputs_chain(program, held.seen.node))
        if found is None or found[0] is not source or source.parents.get(found[1]) is not source.parents.get(stmt):
            return None
        if found[2] != name:
            tests[found[2]] = found[1]
    last = max([stmt, *tests.values()], key=lambda s: s.lineno)
    return source, last, name, list(tests)


def trained_targets(program: Program) -> Named | None:
    """The training targets: a plain name of the file's own."""
    return _named(targets_chain(program))


def _named(chain: list[Spot]) -> Named | None:
    """The first plain name on a chain that is assigned outside functions and loops, and its last such assignment."""
    for spot in chain:
        expr = spot.expr
        while isinstance(expr, ast.Subscript):
            expr = expr.value
        if not isinstance(expr, ast.Name):
            continue
        source = spot.source
        given = [n for n in source.nodes if isinstance(n, ast.Assign) and any(_gives(t, expr.id) for t in n.targets)
                 and isinstance(source.parents.get(n), ast.Module)]  # fmt: skip
        if given and (scope(source, expr) is None or not _own(source, expr)):
            return source, max(given, key=lambda n: n.lineno), expr.id
    return None


def _gives(target: ast.expr, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(target))


def _own(source: Source, expr: ast.Name) -> bool:
    """Is it a name of the function's own (a parameter, or assigned in it)?"""
    function = scope(source, expr)
    inside = list(ast.walk(function)) if function is not None else []
    return any(isinstance(n, ast.arg) and n.arg == expr.id for n in inside) or any(
        isinstance(n, ast.Name) and n.id == expr.id and isinstance(n.ctx, ast.Store) for n in inside
    )
