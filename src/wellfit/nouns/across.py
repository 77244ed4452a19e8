"""Across: where a value is written, also in another of the user's files than the one that it is used in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from wellfit.nouns.bindings import taken_apart
from wellfit.nouns.origin import DEEP, entry, from_call, of_attribute, option, origin
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site


def follow(program: Program, source: Source, expr: ast.expr) -> tuple[Source, ast.expr]:
    """The file and the expression that a person would edit to change a value, through imports, options and classes of
    other files and through calls from there, as far as it can be followed without doubt."""
    for _ in range(DEEP):
        expr = origin(source, expr)
        others = [s for s in program.sources.values() if s is not source]
        found = _next(source, expr, others) if others else None
        if found is None:
            break
        source, expr = found
    return source, expr


def written(program: Program, source: Source, expr: ast.expr, function: str = "") -> Site:
    """The same as a place."""
    at, end = follow(program, source, expr)
    return Site(at.path, end.lineno, function if at is source else "")


def set_later(program: Program, name: str, value: object) -> Site | None:
    """`layer.momentum = 0.001`: where a setting of an object is given this value after it was made."""
    for path, source in program.sources.items():
        for node in source.nodes:
            targets = node.targets if isinstance(node, ast.Assign) else []
            held = [
                t for t in targets if isinstance(t, ast.Attribute) and t.attr == name and last_name(t.value) != "self"
            ]
            call = isinstance(node, ast.Call) and last_name(node.func) == "setattr" and len(node.args) == 3
            if call and isinstance(node.args[1], ast.Constant) and node.args[1].value == name:  # type: ignore[attr-defined]
                given: ast.expr = node.args[2]  # type: ignore[attr-defined]
            elif isinstance(node, ast.Assign) and held:
                given = node.value
            else:
                continue
            at, end = follow(program, source, given)
            if at.value(end) == value:
                return Site(at.path, end.lineno) if end is not given else Site(path, given.lineno)
    return None


def _next(source: Source, expr: ast.expr, others: list[Source]) -> tuple[Source, ast.expr] | None:
    if taken_apart(source, expr):
        return None
    parameter = _parameter(source, expr)
    if parameter is not None:
        return next(_given(parameter[0], parameter[1], source, others), None)
    if isinstance(expr, ast.Name):
        return _imported(source, expr.id, others)
    if isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Name):
        module = _module(source, expr.value.id, others)
        if module is not None:
            return _constant(module, expr.attr)
    if isinstance(expr, ast.Attribute):
        options = [s for s in others if option(s, expr.attr) is not None]
        return _only((s, of_attribute(s, expr)) for s in options or others)
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Constant):
        key = expr.slice.value
        return _only((s, entry(s, key)) for s in others)
    return None


def _only(found: Iterator[tuple[Source, ast.expr | None]]) -> tuple[Source, ast.expr] | None:
    known = [(s, e) for s, e in found if e is not None]
    return known[0] if len(known) == 1 else None


def _parameter(source: Source, expr: ast.expr) -> tuple[ast.FunctionDef, str] | None:
    """The function and its parameter that an expression is the default or the bare name of."""
    around = source.parents.get(expr)
    function = source.enclosing(expr, ast.FunctionDef)
    if isinstance(around, ast.arguments):
        owner = source.parents.get(around)
        plain = [*around.posonlyargs, *around.args]
        pairs = [*zip(plain[::-1], around.defaults[::-1]), *zip(around.kwonlyargs, around.kw_defaults)]
        name = next((a.arg for a, default in pairs if default is expr), None)
        return (owner, name) if isinstance(owner, ast.FunctionDef) and name else None
    if isinstance(expr, ast.Name) and isinstance(function, ast.FunctionDef):
        known = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        return (function, expr.id) if any(a.arg == expr.id for a in known) else None
    return None


def _given(
    function: ast.FunctionDef, name: str, source: Source, others: list[Source]
) -> Iterator[tuple[Source, ast.expr]]:
    """What calls in other files give for a parameter."""
    for other in others:
        value = from_call(other, source, function, name)
        if value is not None:
            yield other, value


def _imported(source: Source, name: str, others: list[Source]) -> tuple[Source, ast.expr] | None:
    """`from settings import LR`."""
    for n in source.nodes:
        for alias in n.names if isinstance(n, ast.ImportFrom) else []:
            if (alias.asname or alias.name) == name and isinstance(n, ast.ImportFrom):
                module = _file(n.module or "", others)
                return _constant(module, alias.name) if module is not None else None
    return None


def _module(source: Source, name: str, others: list[Source]) -> Source | None:
    """The file that `import settings as name` or `from package import settings as name` names."""
    for n in source.nodes:
        for alias in n.names if isinstance(n, (ast.Import, ast.ImportFrom)) else []:
            if (alias.asname or alias.name.split(".")[0]) == name:
                inside = n.module if isinstance(n, ast.ImportFrom) else None
                return _file(f"{inside}.{alias.name}" if inside else alias.name, others)
    return None


def _file(module: str, others: list[Source]) -> Source | None:
    """The user's file of a module, by the end of its path."""
    parts = module.split(".")
    for tail in ([*parts[:-1], f"{parts[-1]}.py"], [*parts, "__init__.py"]):
        found = [s for s in others if list(Path(s.path).parts[-len(tail) :]) == tail]
        if len(found) == 1:
            return found[0]
    return None


def _constant(source: Source, name: str) -> tuple[Source, ast.expr] | None:
    """What a name is given once outside functions."""
    places = [a for a in source.assignments(name) if a.value is not None]
    places = [a for a in places if source.enclosing(a, ast.FunctionDef, ast.ClassDef) is None]
    value = places[0].value if len(places) == 1 else None
    return (source, value) if value is not None else None
