"""Leaks: statistics that a source fits to all of its rows before it divides them into training and test rows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from wellfit.nouns.source import Source, last_name

CHOOSING = frozenset(
    ("SelectKBest", "SelectPercentile", "SelectFromModel", "RFE", "RFECV", "TargetEncoder", "PLSRegression",
     "LinearDiscriminantAnalysis", "NeighborhoodComponentsAnalysis", "MeanEncoder", "LeaveOneOutEncoder", "WOEEncoder",
     "CatBoostEncoder", "JamesSteinEncoder")
)  # fmt: skip
"""Fitted to inputs by their labels."""
SCALING = frozenset(
    ("StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler", "PowerTransformer", "QuantileTransformer", "PCA",
     "KernelPCA", "TruncatedSVD", "FastICA", "NMF", "SimpleImputer", "KNNImputer", "IterativeImputer", "KBinsDiscretizer")
)  # fmt: skip
"""Fitted to inputs alone."""
DIVIDING = ("train_test_split", "random_split", "split")
PART = re.compile(r"(^|_)(tr|train|training|fit|learn)(_|$|\d)|train", re.IGNORECASE)
HELD = re.compile(r"test|val|held|holdout|eval|(^|_)te(_|$)|dev", re.IGNORECASE)
"""Names of training rows, and of rows kept apart."""


class Leak(NamedTuple):
    """A finding in the source."""

    line: int
    summary: str
    evidence: str


def fitted(source: Source) -> Leak | None:
    """`scaler.fit(x)` of all rows, which are divided afterwards."""
    for call in source.calls("fit", "fit_transform"):
        kind = _kind(source, call)
        if kind not in CHOOSING | SCALING or not call.args or (kind in CHOOSING and len(call.args) < 2):
            continue
        names = _whole(source, call, call.args[:2] if kind in CHOOSING else call.args[:1])
        line = _divided(source, names, call.lineno) if names else None
        if line is not None:
            what = "are chosen or made by the labels of" if kind in CHOOSING else "are scaled by statistics of"
            return Leak(
                call.lineno, f"features {what} all rows, test rows among them",
                f"{kind} is fitted to {', '.join(sorted(names))} on line {call.lineno}, the rows are divided on line {line}",
            )  # fmt: skip
    return None


def encoded(source: Source) -> Leak | None:
    """`table.groupby(key)[target].mean()` of all rows, made a feature of a table that is divided."""
    for call in source.calls("mean", "median", "transform", "agg", "std"):
        column = call.func.value if isinstance(call.func, ast.Attribute) else None
        grouped = column.value if isinstance(column, ast.Subscript) else None
        if not isinstance(column, ast.Subscript) or not isinstance(grouped, ast.Call):
            continue
        table = grouped.func.value if isinstance(grouped.func, ast.Attribute) else None
        target = column.slice.value if isinstance(column.slice, ast.Constant) else None
        if last_name(grouped.func) != "groupby" or not isinstance(table, ast.Name) or target is None:
            continue
        line = _divided(source, {table.id}, 0) if not PART.search(table.id) else None
        if line is not None and _a_feature(source, call) and _predicted(source, target, grouped):
            return Leak(
                call.lineno, "a feature is made of the targets of all rows, test rows among them",
                f"the mean of {target!r} by group is taken of all of {table.id}, which is divided on line {line}",
            )  # fmt: skip
    return None


def _a_feature(source: Source, call: ast.Call) -> bool:
    """Does what was grouped go back to the rows: by `transform`, `map`, `merge` or `join`?"""
    if last_name(call.func) == "transform":
        return True
    given = source.enclosing(call, ast.Assign)
    named = {last_name(t) for t in given.targets} if isinstance(given, ast.Assign) else set()
    for back in source.calls("map", "merge", "join", "replace"):
        inside = [n for a in [*back.args, *(k.value for k in back.keywords)] for n in ast.walk(a)]
        if any(n is call or (isinstance(n, ast.Name) and n.id in named) for n in inside):
            return True
    return False


def _predicted(source: Source, target: object, grouped: ast.Call) -> bool:
    """Is a column what is to be predicted: taken by itself, or dropped from the inputs, beside the grouping?"""
    alone = [
        n for n in source.nodes
        if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Constant) and n.slice.value == target
        and n.value is not grouped
    ]  # fmt: skip
    return bool(alone)


def _whole(source: Source, call: ast.Call, given: list[ast.expr]) -> set[str]:
    """Names of the data that a call is given, where these are no part of the rows already."""
    names: set[str] = set()
    function = source.enclosing(call, ast.FunctionDef)
    parameters = {a.arg for a in function.args.args} if isinstance(function, ast.FunctionDef) else set()
    for expr in given:
        for n in ast.walk(expr):
            if isinstance(n, ast.Subscript) and not (isinstance(n.slice, (ast.Constant, ast.List))):
                return set()
            if isinstance(n, ast.Name) and n.id not in ("np", "torch", "pd"):
                names.add(n.id)
    return set() if any(PART.search(n) or HELD.search(n) or n in parameters for n in names) else names


def _divided(source: Source, names: set[str], after: int) -> int | None:
    """The line after which rows of these names, or of what is made from them, are divided."""
    names = set(names)
    for a in sorted((n for n in source.nodes if isinstance(n, ast.Assign)), key=lambda n: n.lineno):
        if a.lineno >= after and any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(a.value)):
            made = [
                n.id for t in a.targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            ]
            names |= {n for n in made if not PART.search(n) and not HELD.search(n)}
    for call in source.calls(*DIVIDING):
        inside = {n.id for a in call.args for n in ast.walk(a) if isinstance(n, ast.Name)}
        plain = last_name(call.func) != "split" or (
            isinstance(call.func, ast.Attribute) and "fold" in _text(source, call)
        )
        if call.lineno > after and names & inside and plain:
            return call.lineno
    parts = sorted(_parts(source, names, after))
    held = [line for line, kind in parts if kind == "held"]
    kinds = {kind for _, kind in parts}
    cuts = [line for line, kind in parts if kind.startswith("to ") and f"from {kind[3:]}" in kinds]
    return next(iter(held or cuts), None)


def _parts(source: Source, names: set[str], after: int) -> Iterator[tuple[int, str]]:
    """(line, which part of the rows) of each `x[:n]`, `x[n:]`, `x[test]`, `table.iloc[...]`."""
    for n in source.nodes:
        if not isinstance(n, ast.Subscript):
            continue
        owner = n.value.value if isinstance(n.value, ast.Attribute) and n.value.attr in ("iloc", "loc") else n.value
        if not isinstance(owner, ast.Name) or owner.id not in names:
            continue
        if any(n.lineno <= a.lineno <= after for a in source.assignments(owner.id)):
            continue  # it may be a part itself by then
        key = n.slice.elts[0] if isinstance(n.slice, ast.Tuple) and n.slice.elts else n.slice
        if isinstance(key, ast.Slice) and key.step is None:
            end = key.upper if key.lower is None else key.lower if key.upper is None else None
            if end is not None and not (isinstance(end, (ast.Constant, ast.UnaryOp)) and _small(source, end)):
                yield n.lineno, f"{'to' if key.lower is None else 'from'} {ast.unparse(end)}"
        elif any(isinstance(m, ast.Name) and HELD.search(m.id) for m in ast.walk(key)):
            yield n.lineno, "held"


def _small(source: Source, end: ast.expr) -> bool:
    """`x[1:]`, `x[:-1]`: a shift of a series, no division of rows."""
    value = source.value(end)
    return isinstance(value, int) and abs(value) < 8


def _text(source: Source, call: ast.Call) -> str:
    """What a method is called on, with how that was made."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    made = [ast.unparse(a.value) for a in source.assignments(last_name(owner)) if a.value is not None]
    return " ".join([ast.unparse(owner), *made]).lower()


def _kind(source: Source, call: ast.Call) -> str:
    """Class of the object that a method is called on."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(owner, ast.Call):
        return last_name(owner.func)
    places = source.assignments(last_name(owner)) if owner is not None else []
    value = places[-1].value if places else None
    return last_name(value.func) if isinstance(value, ast.Call) else ""
