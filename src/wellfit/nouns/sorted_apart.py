"""Sorted apart: one part of a list of pairs is put in another order than the other part, in one function of the user's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from wellfit.nouns.program import Program
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Site

ORDERING = ("argsort", "sort", "lexsort", "randperm", "permutation")


def sorted_apart(program: Program) -> Site | None:
    """Where the order is changed: a list of pairs is sorted after one part was taken from it and before the other; one of
    two lists that were unzipped together is sorted alone; or one is indexed by an order, the other never, and both are
    given back."""
    for path, source in program.sources.items():
        for function in (n for n in source.nodes if isinstance(n, ast.FunctionDef)):
            line = _between(function) or _alone(function) or _indexed(function)
            if line is not None:
                return Site(path, line, function.name)
    return None


def _sorts(statement: ast.stmt) -> str:
    """`name = sorted(name, ...)`, `name.sort(...)`, `random.shuffle(name)`: the name; "" for anything else."""
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.Call):
        return ""
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        same = value.args and isinstance(value.args[0], ast.Name) and value.args[0].id == statement.targets[0].id
        return statement.targets[0].id if same and last_name(value.func) == "sorted" else ""
    if isinstance(statement, ast.Expr) and isinstance(value.func, ast.Attribute):
        owner, word = value.func.value, value.func.attr
        if word == "sort" and isinstance(owner, ast.Name):
            return owner.id
        if word == "shuffle" and len(value.args) == 1 and isinstance(value.args[0], ast.Name):
            return value.args[0].id
    return ""


def _between(function: ast.FunctionDef) -> int | None:
    """Parts of pairs taken by comprehensions on both sides of the sorting of the list that holds them."""
    for i, statement in enumerate(function.body):
        name = _sorts(statement)
        before = _parts(function.body[:i], name) if name else set()
        after = _parts(function.body[i + 1 :], name) if name else set()
        if before and after and not before & after and not _again(function.body[i + 1 :], name):
            return statement.lineno
    return None


def _parts(statements: list[ast.stmt], name: str) -> set[int]:
    """Which places of the pairs in this list are taken by comprehensions over it that are kept under a name."""
    found = set()
    for comp in (n for s in statements if isinstance(s, ast.Assign) for n in ast.walk(s)):
        if not isinstance(comp, (ast.GeneratorExp, ast.ListComp)):
            continue
        of = comp.generators[0]
        if not (isinstance(of.iter, ast.Name) and of.iter.id == name):
            continue
        names = {n.id for n in ast.walk(comp.elt) if isinstance(n, ast.Name)}
        if isinstance(of.target, ast.Tuple):
            found |= {i for i, e in enumerate(of.target.elts) if isinstance(e, ast.Name) and e.id in names}
        elif isinstance(comp.elt, ast.Subscript) and isinstance(comp.elt.slice, ast.Constant):
            found |= {comp.elt.slice.value} if isinstance(comp.elt.slice.value, int) else set()
    return found


def _again(statements: list[ast.stmt], name: str) -> bool:
    return any(_sorts(s) == name for s in statements)


def _alone(function: ast.FunctionDef) -> int | None:
    """`texts, labels = zip(*batch)`, then one of them sorted."""
    for i, statement in enumerate(function.body):
        value = statement.value if isinstance(statement, ast.Assign) else None
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        held = value.args[-1] if isinstance(value, ast.Call) and value.args else None
        unzips = isinstance(value, ast.Call) and last_name(value.func) == "zip" and isinstance(held, ast.Starred)
        if not (unzips or (isinstance(held, ast.Call) and last_name(held.func) == "zip" and _starred(held))):
            continue
        names = {e.id for e in target.elts if isinstance(e, ast.Name)} if isinstance(target, ast.Tuple) else set()
        mixed = {name: s.lineno for s in function.body[i + 1 :] if (name := _sorts(s)) in names}
        if len(mixed) == 1 and len(names) > 1 and names <= _read(function.body[i + 1 :]):
            return next(iter(mixed.values()))
    return None


def _starred(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Starred)


def _read(statements: list[ast.stmt]) -> set[str]:
    return {n.id for s in statements for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _indexed(function: ast.FunctionDef) -> int | None:
    """`order = lengths.argsort()`, `texts = texts[order]`, and labels that were made before are given back as they were."""
    given = [n for n in function.body if isinstance(n, ast.Return) and isinstance(n.value, ast.Tuple)]
    if len(given) != 1 or len(function.args.args) != 1:
        return None
    back = {e.id for e in given[0].value.elts if isinstance(e, ast.Name)}  # type: ignore[union-attr]
    for i, statement in enumerate(function.body):
        order = _order(statement)
        if not order or order in back:
            continue
        rest = function.body[i + 1 :]
        uses = [n for s in rest for n in ast.walk(s) if isinstance(n, ast.Name) and n.id == order]
        turned = dict(_turned(rest, order))
        made = {t.id for s in function.body[: i + 1] if isinstance(s, ast.Assign)
                for t in ast.walk(s.targets[0]) if isinstance(t, ast.Name)}  # fmt: skip
        later = {
            t.id for s in rest if isinstance(s, ast.Assign) for t in ast.walk(s.targets[0]) if isinstance(t, ast.Name)
        }
        left = (back & made) - later - _names(statement)
        if len(uses) == len(turned) > 0 and back & set(turned) and len(left) == 1:
            return max(turned.values())
    return None


def _names(statement: ast.stmt) -> set[str]:
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}


def _order(statement: ast.stmt) -> str:
    """The name of an order that this statement makes: `lengths, order = lengths.sort()`, `order = torch.argsort(n)`."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    if (
        not isinstance(statement, ast.Assign)
        or not isinstance(value, ast.Call)
        or last_name(value.func) not in ORDERING
    ):
        return ""
    target = statement.targets[0]
    pair = isinstance(target, ast.Tuple) and len(target.elts) == 2 and last_name(value.func) == "sort"
    name = target.elts[1] if pair and isinstance(target, ast.Tuple) else target
    return name.id if isinstance(name, ast.Name) and (pair or last_name(value.func) != "sort") else ""


def _turned(statements: list[ast.stmt], order: str) -> Iterator[tuple[str, int]]:
    """(name, line) of `name = name[order]`."""
    for s in statements:
        value = s.value if isinstance(s, ast.Assign) else None
        key = value.slice if isinstance(value, ast.Subscript) else None
        target = s.targets[0] if isinstance(s, ast.Assign) else None
        if isinstance(key, ast.Name) and key.id == order and isinstance(target, ast.Name):
            yield target.id, s.lineno
