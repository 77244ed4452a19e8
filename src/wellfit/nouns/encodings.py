"""Encodings by the target: a mean of the target by group that is given back to the rows it was taken of."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from wellfit.nouns.origin import origin
from wellfit.nouns.source import Source, last_name

STATISTICS = ("mean", "median", "sum", "agg", "aggregate", "apply", "transform", "std", "var", "quantile")
FITTING = ("fit", "fit_transform", "fit_predict")
BACK = ("map", "merge", "join", "replace", "transform", "reindex", "predict", "predict_proba", "apply", "take")
"""What gives statistics of groups, or what a model was fitted to, back to rows."""


class Grouped(NamedTuple):
    """A statistic of a column by group: the table's expression, the column's name ("" where it is not written)."""

    table: ast.expr
    column: str


def grouped(source: Source, call: ast.Call) -> Grouped | None:
    """What `table.groupby(key)[column].mean()`, `table.groupby(key).column.mean()` or `column.groupby(key).mean()` goes
    over."""
    at, column = call.func.value if isinstance(call.func, ast.Attribute) else None, ""
    if last_name(call.func) not in STATISTICS:
        return None
    if isinstance(at, ast.Call):
        column = _named(source, call)
    elif isinstance(at, ast.Subscript):
        at, column = at.value, _text(source, at.slice)
    elif isinstance(at, ast.Attribute):
        at, column = at.value, at.attr
    if not isinstance(at, ast.Call) or last_name(at.func) != "groupby" or not isinstance(at.func, ast.Attribute):
        return None
    table = at.func.value
    if isinstance(table, ast.Subscript) and not column:
        return Grouped(table.value, _text(source, table.slice))
    return Grouped(table, column)


def _named(source: Source, call: ast.Call) -> str:
    """The column in `.agg(name=("column", "mean"))` or `.agg({"column": "mean"})`."""
    given = [k.value.elts[0] for k in call.keywords if isinstance(k.value, ast.Tuple) and k.value.elts]
    given += [k for a in call.args if isinstance(a, ast.Dict) for k in a.keys if k is not None]
    known = {_text(source, g) for g in given} - {""}
    return known.pop() if len(known) == 1 else ""


def counted(call: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """(groups, values) of `bincount(groups, weights=values)`: sums of the values by group."""
    if last_name(call.func) != "bincount" or not call.args:
        return None
    weights = next((k.value for k in call.keywords if k.arg == "weights"), None)
    weights = weights or (call.args[1] if len(call.args) > 1 else None)
    return (call.args[0], weights) if weights is not None else None


def _text(source: Source, expr: ast.expr) -> str:
    if isinstance(expr, (ast.List, ast.Tuple)) and len(expr.elts) == 1:
        expr = expr.elts[0]
    value = origin(source, expr)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def summing(source: Source) -> dict[str, tuple[str, int, str]]:
    """The user's functions that take such a statistic of a table they are given: name -> (the parameter, its place, the
    column)."""
    found = {}
    for call in source.calls(*STATISTICS, "bincount"):
        function, over = source.enclosing(call, ast.FunctionDef), grouped(source, call)
        sums = counted(call)
        over = Grouped(sums[1], ast.unparse(sums[1])) if sums is not None else over
        if over is None or not isinstance(function, ast.FunctionDef):
            continue
        names = [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
        table = _root(over.table)
        if table in names:
            own = names[1:] if names and names[0] in ("self", "cls") else names
            found[function.name] = (table, own.index(table) if table in own else 0, over.column)
    return found


def _root(expr: ast.expr) -> str:
    """`table`, `table["column"]`, `table.column` -> "table", else "" (rows may be picked in it)."""
    if isinstance(expr, ast.Attribute) and expr.attr not in ("loc", "iloc"):
        return _root(expr.value)
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, (ast.Constant, ast.List, ast.Name)):
        return _root(expr.value)
    return expr.id if isinstance(expr, ast.Name) else ""


def _names(tree: ast.AST | Iterable[ast.AST]) -> set[str]:
    trees = [tree] if isinstance(tree, ast.AST) else list(tree)
    return {n.id for t in trees for n in ast.walk(t) if isinstance(n, ast.Name)}


class Unheeded(NamedTuple):
    """A fold's training rows that nothing heeds: the call that goes over all rows, the loop, the statistic's words."""

    call: ast.Call
    loop: ast.For
    what: str


def unheeded(source: Source) -> Unheeded | None:
    """A loop over folds that writes to the rows of each fold what is taken (the target's mean by group) or fitted over
    all rows, and never looks at the fold's training rows."""
    functions = summing(source)
    for loop in (n for n in source.nodes if isinstance(n, ast.For)):
        pair = _fold(source, loop)
        if pair is None or pair[0] in {n.id for b in loop.body for n in ast.walk(b) if isinstance(n, ast.Name)}:
            continue
        picked = _made_from({pair[1]}, loop)
        for call in (n for b in loop.body for n in ast.walk(b) if isinstance(n, ast.Call)):
            what = _over_all(source, call, functions)
            if what and not _names(call) & picked and _written(source, call, loop, picked):
                return Unheeded(call, loop, what)
    return None


def _fold(source: Source, loop: ast.For) -> tuple[str, str] | None:
    """Names of the training and of the held rows in `for fit, held in folds.split(x)`, with `enumerate` or without."""
    over, target = loop.iter, loop.target
    if isinstance(over, ast.Call) and last_name(over.func) == "enumerate" and over.args:
        over, target = over.args[0], target.elts[-1] if isinstance(target, ast.Tuple) and target.elts else target
    if isinstance(over, ast.Name):
        over = origin(source, over)
    while isinstance(over, ast.Call) and last_name(over.func) in ("list", "tuple", "tqdm") and over.args:
        over = over.args[0]
    if not isinstance(over, ast.Call) or last_name(over.func) != "split" or not isinstance(target, ast.Tuple):
        return None
    names = [e.id for e in target.elts if isinstance(e, ast.Name)]
    return (names[0], names[1]) if len(names) == len(target.elts) == 2 else None


def _made_from(names: set[str], loop: ast.For) -> set[str]:
    """These names and those that the loop makes from them."""
    found = set(names)
    for _ in range(3):
        for n in (n for b in loop.body for n in ast.walk(b)):
            if isinstance(n, ast.Assign) and _names(n.value) & found:
                found |= {x.id for t in n.targets for x in ast.walk(t) if isinstance(x, ast.Name)
                          and isinstance(x.ctx, ast.Store)}  # fmt: skip
    return found


def _over_all(source: Source, call: ast.Call, functions: dict[str, tuple[str, int, str]]) -> str:
    over = grouped(source, call)
    if over is not None:
        return f"the mean of {over.column!r} by group" if over.column and predicted(source, over.column) else ""
    if counted(call) is not None:
        return "a sum of the targets by group"
    if last_name(call.func) in functions:
        column = functions[last_name(call.func)][2]
        if column == functions[last_name(call.func)][0]:
            return "a mean of the targets by group"
        return f"the mean of {column!r} by group" if column and predicted(source, column) else ""
    if last_name(call.func) in FITTING and isinstance(call.func, ast.Attribute) and len(call.args) >= 2:
        return f"what {ast.unparse(call.func)} learns of the targets"
    return ""


def _written(source: Source, call: ast.Call, loop: ast.For, picked: set[str]) -> bool:
    """Is what the call gives (or the model it fits) written to the held rows?"""
    mine = {last_name(call.func.value)} if isinstance(call.func, ast.Attribute) else set()
    mine = mine if last_name(call.func) in FITTING else set()
    given = source.enclosing(call, ast.Assign)
    if isinstance(given, ast.Assign):
        mine |= {x.id for t in given.targets for x in ast.walk(t) if isinstance(x, ast.Name)
                 and isinstance(x.ctx, ast.Store)}  # fmt: skip
    mine = _made_from(mine, loop) if mine else mine
    for n in (n for b in loop.body for n in ast.walk(b) if isinstance(n, ast.Assign)):
        keys = [t.slice for t in n.targets if isinstance(t, ast.Subscript)]
        if keys and _names(keys) & picked and (_names(n.value) & mine or any(x is call for x in ast.walk(n.value))):
            return True
    return False


def given_back(source: Source) -> tuple[ast.Call, str, str] | None:
    """(call, table, column): the mean of what is to be predicted by group, given back to the very rows of the table that
    it was taken of, outside any loop over folds."""
    functions = summing(source)
    for call in source.calls():
        over, column = grouped(source, call), ""
        if last_name(call.func) in functions:
            parameter, place, column = functions[last_name(call.func)]
            given = source.keyword(call, parameter) or (call.args[place] if place < len(call.args) else None)
            over = Grouped(given, column) if given is not None else None
        sums = counted(call)
        if sums is not None and _picked_again(source, call, sums[0]):
            return call, ast.unparse(sums[0]), ast.unparse(sums[1])
        table = _root(over.table) if over is not None else ""
        inner = source.enclosing(call, ast.FunctionDef)
        own = inner.name in functions if isinstance(inner, ast.FunctionDef) else False
        if over is None or not table or not over.column or own or _folded(source, call):
            continue
        if _returned(source, call, table) and predicted(source, over.column):
            return call, table, over.column
    return None


def _picked_again(source: Source, call: ast.Call, groups: ast.expr) -> bool:
    """`means[groups]` of the very groups that `bincount` was given."""
    statement = source.enclosing(call, ast.Assign)
    named = {last_name(t) for t in statement.targets} if isinstance(statement, ast.Assign) else set()
    for n in source.nodes:
        if not isinstance(n, ast.Subscript) or ast.dump(n.slice) != ast.dump(groups):
            continue
        if last_name(n.value) in named or any(x is call for x in ast.walk(n.value)):
            return True
    return False


def _folded(source: Source, call: ast.Call) -> bool:
    loop = source.loop_around(call.lineno, outermost=True)
    return isinstance(loop, ast.For) and "split" in ast.unparse(loop.iter)


def _returned(source: Source, call: ast.Call, table: str) -> bool:
    """Does it go back to a column of the same table: by `transform` (unless what is seen is shifted on), or by `map` and
    its kin?"""
    statement = source.enclosing(call, ast.Assign)
    if not isinstance(statement, ast.Assign):
        return False
    if last_name(call.func) == "transform":
        words = ast.unparse(call)
        return "shift" not in words and ("mean" in words or "median" in words)
    named = {last_name(t) for t in statement.targets}
    for back in source.calls(*BACK):
        around = source.enclosing(back, ast.Assign)
        if not isinstance(around, ast.Assign) or back.lineno < call.lineno:
            continue
        inside = any(n is call or (isinstance(n, ast.Name) and n.id in named) for n in ast.walk(back))
        to = {_root(t) for t in around.targets}
        if inside and table in to | _names(back.func):
            return True
    return False


def predicted(source: Source, column: str) -> bool:
    """Is a column taken by itself somewhere, as what is to be predicted is, beside the grouping?"""
    for n in source.nodes:
        alone = isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant) and n.slice.value == column
        alone |= isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Name) and _text(source, n.slice) == column
        alone |= isinstance(n, ast.Attribute) and n.attr == column
        owner = n.value if isinstance(n, (ast.Subscript, ast.Attribute)) else None
        if alone and isinstance(getattr(n, "ctx", None), ast.Load) and not _of_group(owner):
            up = source.parents.get(n)
            after = source.parents.get(up) if isinstance(up, ast.Attribute) else None
            if not (isinstance(up, ast.Attribute) and up.attr == "groupby" and after is not None):
                return True
    return False


def _of_group(owner: ast.AST | None) -> bool:
    return isinstance(owner, ast.Call) and last_name(owner.func) == "groupby"
