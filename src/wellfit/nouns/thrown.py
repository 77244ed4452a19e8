"""Thrown away: statements that compute something new and keep it nowhere, as `frame.fillna(0)` alone on its line does."""

from __future__ import annotations

import ast

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, dotted, last_name
from wellfit.nouns.tape import Site

SCALING = frozenset(
    ("sub", "subtract", "div", "divide", "truediv", "mul", "multiply", "transform", "fit_transform", "normalize")
)
"""Calls that give scaled data and leave their argument as it was (pandas, torch, scikit-learn)."""
MIXING = frozenset(("sample", "permutation", "randperm"))
"""Calls that give rows in another order, or such an order, and leave their argument as it was."""


def thrown(program: Program, names: frozenset[str], sums: bool = False) -> Site | None:
    """The first statement that is a call of one of these names (with `sums`, or a sum or quotient) whose result nobody
    takes; not where it is told to work in place, nor a function of the user's own."""
    for path, source in program.sources.items():
        for node in source.nodes:
            if isinstance(node, ast.Expr) and (_lost(source, node.value, names) or (sums and _sum(node.value))):
                return Site(path, node.lineno)
    return None


def _lost(source: Source, call: ast.expr, names: frozenset[str]) -> bool:
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and last_name(call.func) in names
        and source.definition(last_name(call.func)) is None
        and not any(k.arg in ("inplace", "out", "copy") for k in call.keywords)
    )


def _sum(expr: ast.expr) -> bool:
    return isinstance(expr, ast.BinOp) and isinstance(expr.op, (ast.Sub, ast.Div))


def unread(program: Program) -> Site | None:
    """A module that is called in `forward`, as `self.act(h)` alone on its line, and whose answer nobody takes."""
    for path, source in program.sources.items():
        for node in source.nodes:
            if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
                continue
            func, given, inside = node.value.func, node.value.args, source.enclosing(node, ast.FunctionDef)
            while isinstance(func, ast.Subscript):  # self.acts[i](h)
                func = func.value
            own = isinstance(func, ast.Attribute) and dotted(func.value) == "self" and len(given) == 1
            if own and getattr(inside, "name", "") == "forward" and source.definition(last_name(func)) is None:
                return Site(path, node.lineno)
    return None
