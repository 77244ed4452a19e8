"""Seldom: a step that is taken in every so many-th batch, and where that number is written."""

from __future__ import annotations

import ast

from wellfit.nouns.across import follow
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

SCHEDULERS = ("LR", "Scheduler", "Restarts", "Plateau")
"""How names of classes end whose `step` moves a rate."""


def unreached(program: Program) -> Site | None:
    """Of a step that is taken in every so many-th batch (`if i % n == 0: optimizer.step()`) and never was: where that number
    is written, else that condition."""
    kinds = {last_name(n.value.func): last_name(n.targets[0]) for s in program.sources.values() for n in s.nodes
             if isinstance(n, ast.Assign) and isinstance(n.value, ast.Call)}  # fmt: skip
    other = {name for kind, name in kinds.items() if kind.endswith(SCHEDULERS)}
    for source in program.sources.values():
        for call in source.calls("step"):
            around = source.enclosing(call, ast.If, ast.FunctionDef, ast.For, ast.While)
            owner = last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
            if not isinstance(around, ast.If) or owner in other:
                continue
            for rest in (n for n in ast.walk(around.test) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mod)):
                at, end = follow(program, source, rest.right)
                number = at.value(end)
                if isinstance(number, int) and number > 1:
                    return Site(at.path, end.lineno) if _possible(source, around.test, rest, number) else Site(
                        source.path, around.lineno)  # fmt: skip
    return None


def _possible(source: Source, test: ast.expr, rest: ast.BinOp, number: int) -> bool:
    """Can a remainder be what it is held against?"""
    for n in ast.walk(test):
        if isinstance(n, ast.Compare) and n.left is rest and isinstance(n.ops[0], ast.Eq):
            wanted = source.value(n.comparators[0])
            return not isinstance(wanted, int) or 0 <= wanted < number
    return True
