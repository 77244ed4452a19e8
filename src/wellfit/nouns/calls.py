"""Calls: what the calls in a user's file give for the parameters of a function: plainly, through an object that is called,
through `functools.partial`; and what a call gives for a keyword that is written elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from wellfit.nouns.source import Source, last_name

OBJECTS = frozenset(("forward", "__call__"))
"""Methods that run when an object is called."""
Function = ast.FunctionDef | ast.Lambda


def given(calls: Source, source: Source, function: Function, name: str) -> Iterator[ast.expr]:
    """What each call, in the file `calls`, of a function of the file `source` gives for a parameter, in order."""
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    owner = source.parents.get(function)
    bound = isinstance(owner, ast.ClassDef) and not _static(function)
    at = names.index(name) - bound if name in names else -1
    for call, done in _calls(calls, source, function):
        value, place = calls.keyword(call, name), at - done
        if value is None and 0 <= place < len(call.args) and not _starred(call.args[: place + 1]):
            value = call.args[place]
        if value is not None:
            yield value


def calls_of(calls: Source, source: Source, function: Function) -> Iterator[ast.Call]:
    """The calls, in the file `calls`, of a function of the file `source`, in order."""
    yield from (call for call, _ in _calls(calls, source, function))


def _calls(calls: Source, source: Source, function: Function) -> Iterator[tuple[ast.Call, int]]:
    """(a call of the function, how many of its arguments were given before that)."""
    called = _names(calls, source, function)
    yield from ((call, 0) for call in calls.calls(*called)) if called else ()
    for made in calls.calls("partial") if called else ():
        if made.args and last_name(made.args[0]) in called:
            done = len(made.args) - 1
            yield made, -1
            kept = _kept(calls, made)
            yield from ((call, done) for call in calls.calls(*kept)) if kept else ()


def _names(calls: Source, source: Source, function: Function) -> set[str]:
    """Names by which a function is called."""
    owner = source.parents.get(function)
    if isinstance(function, ast.Lambda):
        return _kept(source, function)
    if isinstance(owner, ast.ClassDef) and function.name == "__init__":
        return {owner.name}
    if not isinstance(owner, ast.ClassDef) or function.name not in OBJECTS:
        return {function.name}
    made = [name for call in calls.calls(owner.name) for name in _kept(calls, call)]
    return {function.name, *made}


def _kept(source: Source, value: ast.expr) -> set[str]:
    """Names and attributes that a value is assigned to."""
    at = source.parents.get(value)
    targets = at.targets if isinstance(at, ast.Assign) else [at.target] if isinstance(at, ast.AnnAssign) else []
    return {last_name(t) for t in targets} - {""}


def _static(function: Function) -> bool:
    return isinstance(function, ast.FunctionDef) and any(
        last_name(d) == "staticmethod" for d in function.decorator_list
    )


def _starred(args: list[ast.expr]) -> bool:
    return any(isinstance(a, ast.Starred) for a in args)


Follow = Callable[[Source, ast.expr], tuple[Source, ast.expr]]
"""(file, expression) -> where its value is written."""


def keyword(source: Source, call: ast.Call | None, follow: Follow, *names: str) -> tuple[Source, ast.expr] | None:
    """What a call gives for one of these keywords, and the file that is written in: in the call, in a dictionary that it
    spreads (`**options`), in the `partial` that is called, or where a class of the user's begins its base class."""
    for _ in range(4):
        if call is None:
            return None
        value = source.keyword(call, *names)
        if value is not None:
            return source, value
        for spread in (kw.value for kw in call.keywords if kw.arg is None):
            found = _entry(*follow(source, spread), names)
            if found is not None:
                return found
        file, made = follow(source, call.func)
        if isinstance(made, ast.Call) and last_name(made.func) == "partial" and made is not call:
            source, call = file, made
            continue
        if isinstance(made, ast.Lambda) and isinstance(made.body, ast.Call):
            source, call = file, made.body
            continue
        source, call = file, _base(file, last_name(made))
    return None


def _entry(source: Source, held: ast.expr, names: tuple[str, ...]) -> tuple[Source, ast.expr] | None:
    if isinstance(held, ast.Dict):
        pairs = [(k.value, v) for k, v in zip(held.keys, held.values) if isinstance(k, ast.Constant)]
    elif isinstance(held, ast.Call) and last_name(held.func) == "dict":
        pairs = [(kw.arg, kw.value) for kw in held.keywords]
    else:
        return None
    return next(((source, v) for k, v in pairs if k in names), None)


def _base(source: Source, name: str) -> ast.Call | None:
    """`super().__init__(...)` of a class of the user's."""
    for n in source.nodes:
        if isinstance(n, ast.ClassDef) and n.name == name:
            for c in ast.walk(n):
                if isinstance(c, ast.Call) and last_name(c.func) == "__init__":
                    return c
    return None
