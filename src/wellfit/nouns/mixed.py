"""Mixed: a generator of batches that could go through its examples in random order, and was not told to."""

from __future__ import annotations

import ast

from wellfit.nouns.across import follow
from wellfit.nouns.calls import calls_of
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

MIXING = frozenset(("shuffle", "shuffle_", "permutation", "randperm", "permuted", "sample"))
"""Calls that give, or bring rows into, a random order."""


def left_off(program: Program, site: Site | None) -> Site | None:
    """Where the flag is written, or is left out, under which the function around a site mixes its examples; None where
    there is none, or where it is on."""
    source = program.source(site)
    if source is None or site is None:
        return None
    functions = source.on(site.line, ast.FunctionDef)
    called = {last_name(c.func) for c in source.on(site.line, ast.Call)}
    inside = [n for n in source.nodes if isinstance(n, ast.FunctionDef) and n.name in called - {"__iter__"}]
    for function in [*functions[-1:], *inside]:
        for flag, wanted in _flags(function):
            at, end = follow(program, source, flag)
            told = isinstance(end, ast.Constant) and isinstance(end.value, (bool, int, type(None)))
            if told and bool(at.value(end)) is not wanted:
                return _left_out(program, at, end) or Site(at.path, end.lineno)
    return None


def _flags(function: ast.FunctionDef) -> list[tuple[ast.expr, bool]]:
    """(flag, its value with which the order is random) of the choices in a function."""
    found = []
    for n in ast.walk(function):
        if isinstance(n, (ast.If, ast.IfExp)):
            branches = [b if isinstance(b, list) else [b] for b in (n.body, n.orelse)]
            mixes = [any(_mixes(x) for x in b) for b in branches]
            flag, straight = n.test, True
            if isinstance(flag, ast.UnaryOp) and isinstance(flag.op, ast.Not):
                flag, straight = flag.operand, False
            if mixes[0] != mixes[1] and isinstance(flag, (ast.Name, ast.Attribute)):
                found.append((flag, mixes[0] is straight))
    return found


def _mixes(tree: ast.AST) -> bool:
    return any(isinstance(n, ast.Call) and last_name(n.func) in MIXING for n in ast.walk(tree))


def _left_out(program: Program, source: Source, end: ast.expr) -> Site | None:
    """Of a default that no call replaces: the first call, which is the training's."""
    around = source.parents.get(end)
    function = source.parents.get(around) if isinstance(around, ast.arguments) else None
    if not isinstance(function, ast.FunctionDef):
        return None
    for file in program.sources.values():
        for call in calls_of(file, source, function):
            return Site(file.path, call.lineno)
    return None
