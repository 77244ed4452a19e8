"""Missing: which call in the user's files makes values that are not there: a window at its beginning, a shift, a join, a
division; followed through names, columns that are set later, and functions of the user's."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterable, Iterator

from torch import Tensor

from wellfit.nouns.flow import Files, Spot, bindings, imported, one_back
from wellfit.nouns.source import Source, last_name, root
from wellfit.nouns.tape import Site

SHIFTED = frozenset(
    ("rolling", "shift", "diff", "pct_change", "reindex", "reindex_like", "asfreq", "merge", "join", "unstack", "pivot",
     "pivot_table", "mask", "where", "resample", "expanding")
)  # fmt: skip
"""Methods of tables that leave places without a value, unless told what to put there."""
TOLD = frozenset(("fill_value", "min_periods", "method", "other"))
BREAKING = frozenset(
    ("log", "log10", "log2", "log1p", "sqrt", "power", "reciprocal", "divide", "arccos", "acos", "asin", "rsqrt")
)
CLEANED = frozenset(
    ("dropna", "fillna", "ffill", "bfill", "backfill", "pad", "interpolate", "nan_to_num", "isnan", "notna", "isna", "notnull",
     "isfinite", "nanmean", "nan_to_num_")
)  # fmt: skip
"""Calls after which none is missing, or by which rows are chosen that have all."""
STATISTICS = frozenset(
    ("std", "var", "max", "min", "amax", "amin", "ptp", "mean", "median", "quantile", "norm", "nanstd", "scale")
)
"""Of a whole column: where one of them is 0 or missing, no row of the column is left."""
MOST = 160
PARTS = (ast.Subscript, ast.Attribute)


def made(chain: list[Spot], files: Iterable[Source], x: Tensor | None) -> Site | None:
    """The line that makes what is missing in x, seen from the expressions that x comes from, the nearest first; None where
    nothing is found that can."""
    spots = list(_behind(chain, files))
    odd = x is None or not x.ndim or bool(x.isinf().any())
    partial = not odd and x is not None and not bool(x.isnan().all(0).any())
    broken = [(s, n) for s in spots for n in _breaking(s.expr)]
    by_row = [(s, n) for s, n in broken if not (partial and _of_column(s.source, n, files))]
    if not odd:
        cut = {id(s.expr) for s in spots} - {id(s.expr) for s in _behind(chain, files, cut=True)}
        holes = [(s, n) for s in spots for n in _shifting(s)]
        whole = [(s, n) for s, n in holes if id(s.expr) not in cut]
        broken = [*whole, *by_row, *holes, *broken]
    return Site(broken[0][0].source.path, broken[0][1].lineno) if broken else None


def _behind(chain: list[Spot], files: Iterable[Source], cut: bool = False) -> Iterator[Spot]:
    """Expressions that the first of a chain is made from, the nearest first; none behind one that leaves nothing missing,
    or, with `cut`, behind one that leaves the first rows out."""
    if not chain:
        return
    every = Files([chain[0].source, *(s for s in files if s is not chain[0].source)])
    queue, seen = deque([chain[0]]), set()
    while queue and len(seen) < MOST:
        spot = queue.popleft()
        if id(spot.expr) in seen:
            continue
        seen.add(id(spot.expr))
        yield spot
        if _clean(spot.expr) or (cut and _first_left_out(spot.expr)):
            continue
        queue += _next(spot, every)


def _next(spot: Spot, files: Files) -> list[Spot]:
    source, found = spot.source, []
    if isinstance(spot.expr, ast.Name):
        if _cleaned_in_place(source, spot.expr):
            return []
        found += [Spot(source, v) for v in _set_later(source, spot.expr)]
        return [*found, *_given(one_back(spot, files))]
    for n in ast.walk(spot.expr):
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load) and not imported(source, n):
            found.append(Spot(source, n))
        elif isinstance(n, ast.Call) and isinstance(n.func, ast.Name):
            found += _given(one_back(Spot(source, n), files))
        elif isinstance(n, ast.Call) and last_name(n.func) in ("pipe", "apply") and n.args:
            call = ast.copy_location(ast.Call(n.args[0], [], []), n)
            found += _given(one_back(Spot(source, call), files)) if isinstance(n.args[0], ast.Name) else []
        elif isinstance(n, ast.Attribute) and last_name(n.value) == "self":
            found += _given(one_back(Spot(source, n), files))
    return found


def _given(spot: Spot | None) -> list[Spot]:
    return [spot] if spot is not None else []


def _set_later(source: Source, name: ast.Name) -> list[ast.expr]:
    """What columns or rows of this name's table are set to between its assignment and here."""
    scope, until = source.enclosing(name, ast.FunctionDef, ast.Lambda), name.lineno
    if scope is not None and not bindings(source, name.id, scope) and not _parameter(scope, name.id):
        scope, until = None, len(source.lines)
    since = max((line for line, *_ in bindings(source, name.id, scope) if line < until), default=0)
    found = []
    for n in source.nodes:
        targets = n.targets if isinstance(n, ast.Assign) else [n.target] if isinstance(n, ast.AugAssign) else []
        part = any(isinstance(t, (ast.Subscript, ast.Attribute)) and root(t, *PARTS) == name.id for t in targets)
        if part and source.enclosing(n, ast.FunctionDef, ast.Lambda) is scope:
            found += [n] if since < n.lineno <= until else []  # type: ignore[attr-defined]
    return [n.value for n in sorted(found, key=lambda n: n.lineno)]


def _parameter(function: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.arg) and n.arg == name for n in ast.walk(function))


def _cleaned_in_place(source: Source, name: ast.Name) -> bool:
    """`table.dropna(inplace=True)` in the same scope."""
    scope = source.enclosing(name, ast.FunctionDef, ast.Lambda)
    for call in source.calls(*CLEANED):
        there = isinstance(source.parents.get(call), ast.Expr) and source.keyword(call, "inplace") is not None
        if (
            there
            and root(call.func, *PARTS) == name.id
            and source.enclosing(call, ast.FunctionDef, ast.Lambda) is scope
        ):
            return True
    return False


def _clean(e: ast.expr) -> bool:
    """Is the whole value what a cleaning call gives, or rows chosen by one?"""
    while isinstance(e, (ast.Call, ast.Attribute, ast.Subscript)):
        if isinstance(e, ast.Call) and (last_name(e.func) in CLEANED or "Imputer" in _text(e)):
            return True
        if isinstance(e, ast.Subscript) and any(last_name(n) in CLEANED for n in ast.walk(e.slice)):
            return True
        inner = e.func if isinstance(e, ast.Call) else e.value
        e = e.args[0] if isinstance(e, ast.Call) and not isinstance(inner, ast.Attribute) and e.args else inner
    return False


def _text(call: ast.Call) -> str:
    return " ".join(last_name(n) for n in ast.walk(call.func))


def _first_left_out(e: ast.expr) -> bool:
    """`table.iloc[30:]`, `x[window:]`: rows from some place on."""
    for n in ast.walk(e):
        key = n.slice if isinstance(n, ast.Subscript) else None
        key = key.elts[0] if isinstance(key, ast.Tuple) and key.elts else key
        low = key.lower if isinstance(key, ast.Slice) else None
        if low is not None and not (isinstance(low, ast.Constant) and not low.value):
            return True
    return False


def _shifting(spot: Spot) -> Iterator[ast.expr]:
    """Calls in an expression that leave places without a value, in the order of the text."""
    source, e = spot
    calls = [n for n in ast.walk(e) if isinstance(n, (ast.Call, ast.Attribute))]
    for n in sorted(calls, key=lambda n: (n.lineno, n.col_offset)):
        if _cleaned_around(source, n, e):
            continue
        if n.attr in ("nan", "NaN", "NA") if isinstance(n, ast.Attribute) else _leaves(source, n):
            yield n


def _leaves(source: Source, call: ast.Call) -> bool:
    """Does a call leave places without a value?"""
    if last_name(call.func) == "float":
        return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == "nan"
    if last_name(call.func) not in SHIFTED or not isinstance(call.func, ast.Attribute):
        return False
    word, module = call.func.attr, imported(source, call.func.value)
    if word in ("merge", "join"):
        how = source.keyword(call, "how")
        return isinstance(how, ast.Constant) and how.value != "inner" if how is not None else word == "join"
    if word in ("where", "mask"):
        return not module and len(call.args) == 1 and not call.keywords
    return not module and not any(kw.arg in TOLD for kw in call.keywords)


def _cleaned_around(source: Source, n: ast.expr, whole: ast.expr) -> bool:
    """Does a call around it, in the same expression, leave nothing missing?"""
    at: ast.AST | None = n
    while at is not None and at is not whole:
        at = source.parents.get(at)
        if isinstance(at, ast.Call) and last_name(at.func) in CLEANED:
            return True
    return False


def _breaking(e: ast.expr) -> Iterator[ast.expr]:
    """Divisions by what is no constant, powers, roots and logarithms."""
    for n in ast.walk(e):
        divides = (
            isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Div, ast.Pow)) and not isinstance(n.right, ast.Constant)
        )
        if divides or (isinstance(n, ast.Call) and last_name(n.func) in BREAKING):
            yield n  # type: ignore[misc]


def _of_column(source: Source, n: ast.expr, files: Iterable[Source]) -> bool:
    """Is it a division by a statistic of whole columns?"""
    right = n.right if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div) else None
    if right is None:
        return False
    every = Files([source, *(s for s in files if s is not source)])
    for part in ast.walk(right):
        spot = Spot(source, part) if isinstance(part, (ast.Name, ast.Attribute, ast.Call)) else None
        for _ in range(4):
            if spot is None:
                break
            for c in ast.walk(spot.expr):
                rows = isinstance(c, ast.Call) and any(
                    _axis(kw.value) for kw in c.keywords if kw.arg in ("axis", "dim")
                )
                if isinstance(c, ast.Call) and last_name(c.func) in STATISTICS and not rows:
                    return True
            spot = one_back(spot, every) if isinstance(spot.expr, (ast.Name, ast.Attribute)) else None
    return False


def _axis(e: ast.expr) -> bool:
    """Is it an axis other than the first, so that each row has a statistic of its own?"""
    return isinstance(e, ast.UnaryOp) or (isinstance(e, ast.Constant) and e.value not in (0, None, False))
