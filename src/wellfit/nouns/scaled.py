"""Scaled: how a program that scales its data comes to feed them unscaled: the scaled copy is never used, or its statistics
were taken over fill values."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from wellfit.nouns.calls import Function, given
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name, root
from wellfit.nouns.tape import Site

SCALING = frozenset(("transform", "fit_transform", "normalize", "standardize", "standardise", "minmax_scale", "scale"))
"""Calls that give scaled data and leave their argument as it was."""
FILLING = frozenset(("where", "full", "full_like", "fillna", "fill", "masked_fill", "nan_to_num", "filled"))
"""Calls that put a value where there is none."""
HUGE, SHORT = 1e19, -32768
"""Fill values of netCDF (9.97e36, 1e20) begin here; and that of 16-bit whole numbers."""


def unused(program: Program) -> Site | None:
    """Where data are used as they were, though a scaled copy of them was made before that and is never read: the first such
    use."""
    for path, source in program.sources.items():
        read = {n.id for n in source.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        for node in source.nodes:
            for target, value in _pairs(node):
                raw = _of(value) if isinstance(target, ast.Name) and target.id not in read else None
                use = _after(source, node, raw) if raw is not None else None
                if use is not None:
                    return Site(path, use.lineno)
    return None


def _pairs(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(name, value) of an assignment, also of `a, b = f(x), f(y)`."""
    for target in node.targets if isinstance(node, ast.Assign) else []:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):  # type: ignore[attr-defined]
            yield from zip(target.elts, node.value.elts)  # type: ignore[attr-defined]
        else:
            yield target, node.value  # type: ignore[attr-defined]


def _of(value: ast.expr) -> str | None:
    """The name of the data that a value is a scaled copy of: `scaler.transform(raw)`, `(raw - mean) / std`."""
    if isinstance(value, ast.Call) and last_name(value.func) in SCALING and len(value.args) == 1:
        return root(value.args[0], ast.Subscript, ast.Attribute) or None
    shifted = value.left if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div) else None
    if isinstance(shifted, ast.BinOp) and isinstance(shifted.op, ast.Sub):
        return root(shifted.left, ast.Subscript, ast.Attribute) or None
    return None


def _after(source: Source, made: ast.AST, raw: str) -> ast.Name | None:
    """The first use of a name behind a statement in its own function that no other scaling is, unless it is given another
    value there."""
    home, end = source.enclosing(made, ast.FunctionDef), getattr(made, "end_lineno", 0)
    names = [n for n in source.nodes if isinstance(n, ast.Name) and n.id == raw and n.lineno > end]
    names = sorted((n for n in names if source.enclosing(n, ast.FunctionDef) is home), key=lambda n: n.lineno)
    if not names or any(isinstance(n.ctx, ast.Store) for n in names):
        return None
    uses = [n for n in names if not any(_of(v) == raw for _, v in _pairs(source.enclosing(n, ast.Assign) or n))]
    calls = [n for n in uses if isinstance(source.enclosing(n, ast.Call, ast.stmt), ast.Call)]
    return (calls or uses or [None])[0]


def filled(program: Program) -> Site | None:
    """Where mean and deviation are taken of data into which the program itself put fill values (-999), without a mask: what
    is handed to the function that takes them, else where they are taken."""
    for source in program.sources.values():
        marks = [n for n in source.nodes if isinstance(n, ast.expr) and _fill(source, n) and _put(source, n)]
        for data in _measured(source) if marks else ():
            at = _handed(source, data)
            if not _masked(at) and _holds(source, root(at, ast.Subscript, ast.Attribute), marks):
                return Site(source.path, at.lineno)
    return None


def _fill(source: Source, n: ast.expr) -> bool:
    """Is it a number that stands for none: -999, 9999, 1e20, -32768?"""
    if not isinstance(n, (ast.UnaryOp, ast.Constant, ast.Name)):
        return False
    value = source.value(n)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value or abs(value) < 99:
        return False
    return abs(value) > HUGE or value == SHORT or (value == int(value) and set(str(abs(int(value)))) == {"9"})


def _put(source: Source, n: ast.expr) -> bool:
    """Is it put into data: `np.where(sea, field, FILL)`, `field[land] = FILL`?"""
    up = source.parents.get(n)
    assigned = isinstance(up, ast.Assign) and up.value is n and isinstance(up.targets[0], ast.Subscript)
    return assigned or (isinstance(up, ast.Call) and last_name(up.func) in FILLING)


def _measured(source: Source) -> Iterator[ast.expr]:
    """What both mean and deviation are taken of."""
    of = {word: [(source.enclosing(c, ast.FunctionDef), d) for c in source.calls(word) if (d := _data(c)) is not None]
          for word in ("mean", "std")}  # fmt: skip
    for home, data in of["mean"]:
        if any(home is h and ast.dump(data) == ast.dump(d) for h, d in of["std"]):
            yield data


def _data(call: ast.Call) -> ast.expr | None:
    """`x.mean()`, `np.mean(x)`, `torch.std(x)` -> x."""
    held = call.func.value if isinstance(call.func, ast.Attribute) else None
    if held is None or last_name(held) in ("np", "numpy", "torch"):
        return call.args[0] if call.args else None
    return held


def _handed(source: Source, data: ast.expr) -> ast.expr:
    """Of a parameter, what the first call gives for it."""
    function = source.enclosing(data, ast.FunctionDef)
    if isinstance(data, ast.Name) and isinstance(function, Function):
        return next(given(source, source, function, data.id), data)
    return data


def _masked(expr: ast.expr) -> bool:
    """Does it take a part by more than a range of rows?"""
    for n in ast.walk(expr):
        if isinstance(n, (ast.Call, ast.Compare, ast.Invert)):
            return True
        if isinstance(n, ast.Subscript):
            parts = n.slice.elts if isinstance(n.slice, ast.Tuple) else []
            if any(not isinstance(p, (ast.Slice, ast.Constant)) for p in parts[1:]):
                return True
    return False


def _holds(source: Source, name: str, marks: list[ast.expr]) -> bool:
    """Do the data of this name hold what was put: in a statement of their own, or in the function that made them?"""
    for mark in marks:
        statement, function = source.enclosing(mark, ast.stmt), source.enclosing(mark, ast.FunctionDef)
        if isinstance(statement, ast.Assign) and any(
            root(t, ast.Subscript, ast.Attribute) == name for t in statement.targets
        ):
            return True
        made = [a.value for a in source.assignments(name)] if name else []
        if any(isinstance(v, ast.Call) and isinstance(function, ast.FunctionDef) and last_name(v.func) == function.name
               for v in made):  # fmt: skip
            return True
    return False
