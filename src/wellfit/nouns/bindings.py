"""Bindings: where a scope of a user's file gives a name its value, and which of them holds at a use."""

from __future__ import annotations

import ast
from typing import NamedTuple

from wellfit.nouns.source import Source


class Binding(NamedTuple):
    """An assignment, what it assigns, and which part of that the name gets (empty: all of it)."""

    statement: ast.Assign | ast.AnnAssign
    value: ast.expr
    path: tuple[int, ...]


def bindings(source: Source, name: str, scope: ast.AST | None) -> list[Binding]:
    """Wherever a function (None: the file outside functions) assigns a name, alone or beside others
    (`m, n = points.shape`), by line."""
    found = []
    for n in source.nodes:
        if not isinstance(n, (ast.Assign, ast.AnnAssign)) or n.value is None:
            continue
        for target in targets(n):
            path = place(target, name)
            if path is not None and source.enclosing(n, ast.FunctionDef) is scope:
                found.append(Binding(n, n.value, path))
    return sorted(found, key=lambda b: b.statement.lineno)


def before(expr: ast.Name, given: list[Binding]) -> list[Binding]:
    """Those that end above the line of a use."""
    return [b for b in given if (b.statement.end_lineno or b.statement.lineno) < expr.lineno]


def last(source: Source, expr: ast.Name, scope: ast.AST | None) -> Binding | None:
    """What a scope gave a name last before its use; None where that cannot be said: it is given others later, and the use
    is in another function or in one loop with them."""
    given = bindings(source, expr.id, scope)
    above = before(expr, given)
    if source.enclosing(expr, ast.FunctionDef, ast.Lambda) is not scope:
        return given[-1] if len(given) == 1 or len(above) == len(given) > 0 else None
    return above[-1] if above and not round_again(source, expr, given) else None


def round_again(source: Source, expr: ast.Name, given: list[Binding]) -> bool:
    """Does a loop come back to a use after the name was given another value further down?"""
    home = source.enclosing(expr, ast.FunctionDef)
    loops = [n for n in source.on(expr.lineno, ast.For, ast.While) if source.enclosing(n, ast.FunctionDef) is home]
    later = [b.statement for b in given if b not in before(expr, given)]
    return any(n.lineno < s.lineno <= (n.end_lineno or 0) for n in loops for s in later)


def place(target: ast.expr, name: str) -> tuple[int, ...] | None:
    """Where in a target a name stands; None where it does not."""
    if isinstance(target, (ast.Tuple, ast.List)):
        found = [(i, p) for i, e in enumerate(target.elts) if (p := place(e, name)) is not None]
        return (found[0][0], *found[0][1]) if found else None
    return () if isinstance(target, ast.Name) and target.id == name else None


def targets(n: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    """What an assignment gives values to."""
    return n.targets if isinstance(n, ast.Assign) else [n.target]


def reaches(source: Source, node: ast.AST, expr: ast.AST) -> bool | None:
    """Can the name that this assignment or loop gives a value have it still at a use in the same function? True where it
    is of the comprehension around the use; False of a comprehension elsewhere, or of a line further down that no loop comes
    back from; None else."""
    if isinstance(node, ast.comprehension):
        whole = source.parents.get(node)
        return any(n is whole for n in _around(source, expr))
    line, here = getattr(node, "lineno", 0), getattr(expr, "lineno", 0)
    if line <= here or any(n is node for n in _around(source, expr)):
        return None
    loops = [n for n in _around(source, expr) if isinstance(n, (ast.For, ast.While))]
    return None if any(n.lineno <= line <= (n.end_lineno or 0) for n in loops) else False


def _around(source: Source, expr: ast.AST) -> list[ast.AST]:
    """The nodes around an expression, the innermost first."""
    found, at = [], source.parents.get(expr)
    while at is not None:
        found.append(at)
        at = source.parents.get(at)
    return found


def taken_apart(source: Source, expr: ast.expr) -> bool:
    """Is it a value of which each of several names gets a part (`a, b = f()`)?"""
    given = source.parents.get(expr)
    return isinstance(given, ast.Assign) and any(isinstance(t, (ast.Tuple, ast.List)) for t in given.targets)
