"""Axes moved: a reshape that lists the sizes of an array in another order than the array has them, read in the source."""

from __future__ import annotations

import ast

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

REST = "-1"
"""The size that is worked out from the others."""


def axes_moved(program: Program) -> Site | None:
    """`rows, columns, n = cube.shape`, then `cube.reshape(n, rows, columns)`: the values stay where they are while their
    axes change places. Only where the array is the one that the sizes are of, as it was then."""
    for path, source in program.sources.items():
        for given in (n for n in source.nodes if isinstance(n, ast.Assign)):
            sizes, array = _sizes(given)
            if not sizes:
                continue
            for call in source.calls("reshape", "view"):
                if _of(source, call, given, array) and _turned(sizes, _names(call, array)):
                    return Site(path, call.lineno)
    return None


def _sizes(given: ast.Assign) -> tuple[list[str], str]:
    """The names that a shape is taken apart into, and the array's own."""
    target, value = given.targets[0], given.value
    if isinstance(value, ast.Call) and last_name(value.func) == "size" and not value.args:
        value = value.func
    whole = isinstance(value, ast.Attribute) and value.attr in ("shape", "size") and isinstance(value.value, ast.Name)
    if not whole or not isinstance(target, ast.Tuple) or not all(isinstance(e, ast.Name) for e in target.elts):
        return [], ""
    names = [e.id for e in target.elts if isinstance(e, ast.Name)]
    names = ["" if n == "_" else n for n in names]
    known = [n for n in names if n]
    return (names, value.value.id) if len(known) == len(set(known)) > 1 else ([], "")  # type: ignore[union-attr]


def _of(source: Source, call: ast.Call, given: ast.Assign, array: str) -> bool:
    """Is it this array that is reshaped, in the same function, further down, and given no other value in between?"""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Name) and owner.id in ("np", "numpy", "torch") and call.args:
        owner = call.args[0]
    home = source.enclosing(given, ast.FunctionDef)
    if not isinstance(owner, ast.Name) or owner.id != array or source.enclosing(call, ast.FunctionDef) is not home:
        return False
    names = {n.id for n in ast.walk(given.targets[0]) if isinstance(n, ast.Name)} | {array}
    changed = [
        n for n in source.nodes if isinstance(n, ast.Name) and n.id in names and isinstance(n.ctx, ast.Store)
        and source.enclosing(n, ast.FunctionDef) is home and given.lineno < n.lineno < call.lineno
    ]  # fmt: skip
    return given.lineno < call.lineno and not changed


def _names(call: ast.Call, array: str) -> list[str] | None:
    """The sizes of the new shape in their order, "" for numbers and what is not known; None where it is no list of sizes."""
    args = [a for a in call.args if not (isinstance(a, ast.Name) and a.id == array)]
    if len(args) == 1 and isinstance(args[0], (ast.Tuple, ast.List)):
        args = list(args[0].elts)
    found: list[str] = []
    for arg in args:
        parts = _factors(arg)
        if parts is None:
            return None
        found += parts
    return found


def _factors(e: ast.expr) -> list[str] | None:
    if isinstance(e, ast.BinOp) and isinstance(e.op, ast.Mult):
        left, right = _factors(e.left), _factors(e.right)
        return left + right if left is not None and right is not None else None
    if isinstance(e, ast.Name):
        return [e.id]
    if isinstance(e, ast.UnaryOp) and isinstance(e.operand, ast.Constant):
        return [REST]
    return [""] if isinstance(e, ast.Constant) else None


def _turned(sizes: list[str], new: list[str] | None) -> bool:
    """Do at least two of the sizes stand in another order, and all of them (but one that may be left to -1)?"""
    missing = [n for n in sizes if n and n not in (new or [])]
    new = [missing[0] if n == REST and len(missing) == 1 else n for n in new or []]
    kept = [n for n in new if n and n != REST]
    if not kept or any(n not in sizes for n in kept) or len(set(kept)) < len(kept):
        return False
    there = [n for n in sizes if n in kept]
    return kept != there and len(kept) >= len([n for n in sizes if n]) - 1 >= 1 and len(kept) > 1
