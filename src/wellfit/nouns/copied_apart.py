"""Copied apart: inputs are copied block by block, labels one by one (or the other way round)."""

from __future__ import annotations

import ast

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

BLOCKS = ("concatenate", "cat", "concat", "vstack", "tile")
NUMPY = ("np", "numpy")


def copied_apart(program: Program) -> Site | None:
    """`np.repeat(labels, 3)` or `labels.repeat_interleave(3)` beside `np.concatenate([images, shifted, turned])` in the same
    function: the first label then stands three times before the second comes, the first image once. None where there are
    several such calls, or both parts are copied alike."""
    for path, source in program.sources.items():
        for call in source.calls("repeat", "repeat_interleave"):
            if not _one_by_one(call) or (source.keyword(call, "axis", "dim") is not None and _axis(source, call) != 0):
                continue
            home = source.enclosing(call, ast.FunctionDef)
            here = [c for c in source.calls() if source.enclosing(c, ast.FunctionDef) is home]
            singles = [c for c in here if last_name(c.func) in ("repeat", "repeat_interleave") and _one_by_one(c)]
            blocks = [c for c in here if _blocks(c) and not any(n is call for n in ast.walk(c))]
            if len(singles) == 1 and blocks and not _same(call, blocks):
                return Site(path, call.lineno)
    return None


def _axis(source: Source, call: ast.Call) -> object:
    return source.value(source.keyword(call, "axis", "dim"))


def _one_by_one(call: ast.Call) -> bool:
    """Not a tensor's `repeat`, which copies block by block."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    numpy = isinstance(owner, ast.Name) and owner.id in NUMPY
    return last_name(call.func) == "repeat_interleave" or (
        last_name(call.func) == "repeat" and numpy and len(call.args) > 1
    )


def _blocks(call: ast.Call) -> bool:
    """Copies of the same thing one behind the other: `tile`, or a list of several that hold the same name."""
    if last_name(call.func) == "tile":
        return True
    if last_name(call.func) not in BLOCKS or not call.args or not isinstance(call.args[0], (ast.List, ast.Tuple)):
        return False
    held = [_names(e) for e in call.args[0].elts]
    return len(held) > 1 and bool(set.intersection(*held))


def _names(e: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(e) if isinstance(n, ast.Name)} - {*NUMPY, "torch"}


def _same(call: ast.Call, blocks: list[ast.Call]) -> bool:
    """Do they copy the same thing?"""
    mine = _names(call)
    return any(mine & _names(b) for b in blocks)
