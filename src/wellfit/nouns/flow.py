"""Flow: from an expression in the user's files back to the expressions its value was built by.

It follows names to their assignments (by scope), loop variables to what is looped over, loaders to their data set, data
sets to what `__getitem__` gives, functions to what they return, parameters to the arguments of a call. It follows one
way back, the main one: good for a line to point at, no proof that nothing else was mixed in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple

from wellfit.nouns.bindings import reaches
from wellfit.nouns.calls import given
from wellfit.nouns.source import Source, last_name

MOST = 60
"""Steps back at most."""
PASSING = frozenset(
    ("enumerate", "tqdm", "trange", "iter", "next", "list", "tuple", "cycle", "islice", "reversed", "prefetch")
)
SPLITS = frozenset(("train_test_split",))

Binding = tuple[int, ast.expr, ast.expr | None]
"""(line, value, target where it is more than the plain name or a loop's)."""


class Spot(NamedTuple):
    """An expression and the file it is in."""

    source: Source
    expr: ast.expr

    @property
    def line(self) -> int:
        return self.expr.lineno


class Files(list[Source]):
    """The user's files, and which call of a function its parameters are taken from."""

    last = False


def back(spot: Spot, sources: Iterable[Source] = (), last: bool = False) -> list[Spot]:
    """The expression itself and those before it, the nearest first. last: a function's parameter is what its last call
    gives it (evaluation comes after training), not its first."""
    chain, seen = [spot], set()
    files = Files([spot.source, *(s for s in sources if s is not spot.source)])
    files.last = last
    at: Spot | None = spot
    while at is not None and len(chain) < MOST and id(at.expr) not in seen:
        seen.add(id(at.expr))
        at = one_back(at, files)
        if at is not None:
            chain.append(at)
    return chain


def one_back(at: Spot, files: Files) -> Spot | None:
    """One step back; None where there is none."""
    source, e = at
    if isinstance(e, ast.Name):
        return _of_name(at, e, files)
    if isinstance(e, ast.Subscript):
        key = e.slice.value if isinstance(e.slice, ast.Constant) else None
        return _part(Spot(source, e.value), key, files) if isinstance(key, str) else Spot(source, e.value)
    if isinstance(e, ast.Attribute):
        return _of_attribute(at, e, files)
    if isinstance(e, ast.Call):
        return _of_call(at, e, files)
    if isinstance(e, (ast.BinOp, ast.IfExp, ast.UnaryOp, ast.Starred, ast.NamedExpr, ast.Await, ast.ListComp)):
        return _inside(at, e)
    if isinstance(e, (ast.Tuple, ast.List)) and e.elts:
        return Spot(source, e.elts[0])
    return None


def _inside(at: Spot, e: ast.expr) -> Spot | None:
    if isinstance(e, ast.BinOp):
        sides = [s for s in (e.left, e.right) if any(isinstance(n, ast.Name) for n in ast.walk(s))]
        return Spot(at.source, sides[0]) if sides else None
    if isinstance(e, ast.ListComp):
        return Spot(at.source, e.elt)
    inner = e.body if isinstance(e, ast.IfExp) else e.operand if isinstance(e, ast.UnaryOp) else e.value  # type: ignore[attr-defined]
    return Spot(at.source, inner)


def _of_name(at: Spot, e: ast.Name, files: Files) -> Spot | None:
    source, scope = at.source, at.source.enclosing(e, ast.FunctionDef, ast.Lambda)
    while True:
        bound = _reaching(source, e, bindings(source, e.id, scope))
        before = [b for b in bound if b[0] < e.lineno or (b[0] == e.lineno and not _holds(b[1], e))]
        chosen = (before or [b for b in bound if not _holds(b[1], e)])[-1:]
        if chosen:
            _, value, target = chosen[0]
            return _bound(source, e.id, value, target, files)
        if isinstance(scope, (ast.FunctionDef, ast.Lambda)) and (given := _argument(source, e.id, scope, files)):
            return given
        if scope is None:
            return None
        scope = source.enclosing(scope, ast.FunctionDef, ast.Lambda)


def _reaching(source: Source, e: ast.Name, bound: list[Binding]) -> list[Binding]:
    """Without those of comprehensions elsewhere; that of the comprehension around a name alone."""
    over = [(b, source.parents.get(b[2])) for b in bound if b[2] is not None]
    inner = [(b, reaches(source, n, e)) for b, n in over if isinstance(n, ast.comprehension)]
    own = [b for b, there in inner if there]
    return own[-1:] or [b for b in bound if not any(b is other for other, _ in inner)]


def _holds(tree: ast.AST, node: ast.AST) -> bool:
    return any(n is node for n in ast.walk(tree))


def bindings(source: Source, name: str, scope: ast.AST | None) -> list[Binding]:
    """Wherever a scope binds a name, by line."""
    found = []
    for n in source.nodes:
        if isinstance(n, (ast.Assign, ast.AnnAssign)) and n.value is not None:
            pairs = [(t, n.value) for t in (n.targets if isinstance(n, ast.Assign) else [n.target])]
        elif isinstance(n, (ast.For, ast.comprehension)):
            pairs = [(n.target, n.iter)]
        elif isinstance(n, ast.NamedExpr):
            pairs = [(n.target, n.value)]
        else:
            continue
        for target, value in pairs:
            names = {x.id for x in ast.walk(target) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
            if name in names and source.enclosing(value, ast.FunctionDef, ast.Lambda) is scope:
                loop = isinstance(n, (ast.For, ast.comprehension))
                found.append((target.lineno, value, target if loop or not isinstance(target, ast.Name) else None))
    return sorted(found, key=lambda b: b[0])


def _bound(source: Source, name: str, value: ast.expr, target: ast.expr | None, files: Files) -> Spot | None:
    """What a name was given: a part of the value where the target takes it apart."""
    spot = Spot(source, value)
    if target is None:
        return spot
    path = _path(target, name)
    loop = isinstance(source.parents.get(target), (ast.For, ast.comprehension))
    if loop and isinstance(value, ast.Call) and last_name(value.func) == "enumerate" and path[:1] == (1,):
        path = path[1:]
    if loop and isinstance(value, ast.Call) and last_name(value.func) == "zip" and path:
        return Spot(source, value.args[path[0]]) if path[0] < len(value.args) else None
    return _part(spot, path[0], files) if path else _unwrapped(spot, files)


def _path(target: ast.expr, name: str) -> tuple[int, ...]:
    if isinstance(target, (ast.Tuple, ast.List)):
        for i, item in enumerate(target.elts):
            if any(isinstance(x, ast.Name) and x.id == name for x in ast.walk(item)):
                return (i, *_path(item, name))
    return ()


def _unwrapped(spot: Spot, files: Files) -> Spot:
    """`tqdm(loader)`, `enumerate(loader)`, `next(iter(loader))` -> `loader`."""
    while isinstance(spot.expr, ast.Call) and last_name(spot.expr.func) in PASSING and spot.expr.args:
        spot = Spot(spot.source, spot.expr.args[0])
    return spot


def _part(spot: Spot, key: int | str, files: Files, depth: int = 0) -> Spot | None:
    """Element `key` of what an expression gives (of each batch, where it is a loader)."""
    source, e = _unwrapped(spot, files)
    if depth > 20:
        return spot
    if isinstance(e, (ast.Tuple, ast.List)) and isinstance(key, int):
        return Spot(source, e.elts[key]) if key < len(e.elts) else None
    if isinstance(e, ast.Dict):
        return next(
            (Spot(source, v) for k, v in zip(e.keys, e.values) if isinstance(k, ast.Constant) and k.value == key), None
        )
    if isinstance(e, ast.IfExp):
        return _part(Spot(source, e.body), key, files, depth + 1)
    if isinstance(e, ast.Call):
        name = last_name(e.func)
        given = [*e.args] + [k.value for k in e.keywords if k.arg in ("dataset",)]
        if name == "TensorDataset" and isinstance(key, int) and key < len(e.args):
            return Spot(source, e.args[key])
        if name in SPLITS and isinstance(key, int) and key // 2 < len(e.args):
            return Spot(source, e)
        if name in ("DataLoader", "Subset", "ConcatDataset", "random_split", "map", "zip") and given:
            at = given[min(key, len(given) - 1)] if name == "zip" and isinstance(key, int) else given[0]
            return _part(Spot(source, at), key, files, depth + 1)
        made = _returned(name, files)
        if made:
            return _part(made, key, files, depth + 1)
        return Spot(source, e)
    if isinstance(e, (ast.Name, ast.Attribute, ast.Subscript)):
        before = one_back(Spot(source, e), files)
        return _part(before, key, files, depth + 1) if before else None
    return Spot(source, e)


def _returned(name: str, files: Files) -> Spot | None:
    """What a function of the user's returns, or one item of a data set class of theirs."""
    for file in files:
        for n in file.nodes:
            if isinstance(n, ast.FunctionDef) and n.name == name:
                return _result(file, n)
            if isinstance(n, ast.ClassDef) and n.name == name:
                for word in ("__getitem__", "__iter__"):
                    item = next((f for f in n.body if isinstance(f, ast.FunctionDef) and f.name == word), None)
                    if item and (given := _result(file, item)):
                        return given
    return None


def _result(file: Source, function: ast.FunctionDef) -> Spot | None:
    ends = [n for n in ast.walk(function) if isinstance(n, (ast.Return, ast.Yield)) and n.value is not None]
    ends = [n for n in ends if file.enclosing(n, ast.FunctionDef, ast.Lambda) is function]
    return Spot(file, ends[-1].value) if ends and ends[-1].value is not None else None


def _argument(source: Source, name: str, function: ast.AST, files: Files) -> Spot | None:
    """What a parameter is given in the first call of its function (or of its class, for `__init__`)."""
    if not isinstance(function, (ast.FunctionDef, ast.Lambda)):
        return None
    for file in files:
        values = list(given(file, source, function, name))
        if values:
            return Spot(file, values[-1 if files.last else 0])
    return None


def _of_attribute(at: Spot, e: ast.Attribute, files: Files) -> Spot | None:
    if isinstance(e.value, ast.Name) and e.value.id == "self":
        owner = at.source.enclosing(e, ast.ClassDef)
        for n in ast.walk(owner) if owner else ():
            if isinstance(n, ast.Assign) and n.value is not None and not _holds(n.value, e):
                for target in n.targets:
                    for t in target.elts if isinstance(target, ast.Tuple) else [target]:
                        if isinstance(t, ast.Attribute) and t.attr == e.attr and _is_self(t.value):
                            i = target.elts.index(t) if isinstance(target, ast.Tuple) else None
                            return Spot(at.source, n.value) if i is None else _part(Spot(at.source, n.value), i, files)
        return None
    return Spot(at.source, e.value) if not imported(at.source, e.value) else None


def imported(source: Source, e: ast.expr) -> bool:
    """Is it a module, as `np` or `torch.nn`, and no value?"""
    while isinstance(e, ast.Attribute):
        e = e.value
    names = {a.asname or a.name.split(".")[0] for n in source.nodes if isinstance(n, ast.Import) for a in n.names}
    names |= {a.asname or a.name for n in source.nodes if isinstance(n, ast.ImportFrom) for a in n.names}
    return isinstance(e, ast.Name) and e.id in names


def _is_self(e: ast.expr) -> bool:
    return isinstance(e, ast.Name) and e.id == "self"


def _of_call(at: Spot, e: ast.Call, files: Files) -> Spot | None:
    name = last_name(e.func)
    made = _returned(name, files) if not isinstance(e.func, ast.Attribute) or _is_self(e.func.value) else None
    if made is not None:
        return made
    if isinstance(e.func, ast.Attribute) and name not in ("transform", "fit_transform", "apply", "normal", "uniform"):
        root = e.func.value
        if not imported(at.source, root) and not isinstance(root, ast.Constant):
            return Spot(at.source, root)
    return Spot(at.source, e.args[0]) if e.args else None
