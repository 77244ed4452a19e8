"""Origin: where in a user's file a value is written: through names, parameters, attributes, options."""

from __future__ import annotations

import ast

from wellfit.nouns.source import Source, last_name

DEEP = 8
"""Names followed at most."""
LOOP_WORDS = frozenset(("range", "trange", "tqdm", "enumerate", "int", "float", "max", "abs", "arange", "list"))
"""Calls looked through: the value is among their arguments."""


def origin(source: Source, expr: ast.expr, depth: int = DEEP) -> ast.expr:
    """The expression that a person would edit to change this value: a number, an option's default, a dictionary's
    entry; as far as it can be followed without doubt."""
    if depth <= 0 or isinstance(expr, ast.Constant):
        return expr
    following = _next(source, expr)
    return origin(source, following, depth - 1) if following is not None and following is not expr else expr


def _next(source: Source, expr: ast.expr) -> ast.expr | None:
    if isinstance(expr, ast.Name):
        return _name(source, expr)
    if isinstance(expr, ast.Attribute):
        return _attribute(source, expr)
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Constant):
        return entry(source, expr.slice.value)
    if isinstance(expr, ast.Call):
        if last_name(expr.func) in LOOP_WORDS and expr.args:
            last = expr.args[1] if last_name(expr.func) == "range" and len(expr.args) > 1 else expr.args[0]
            return last
        if last_name(expr.func) == "get" and expr.args and isinstance(expr.args[0], ast.Constant):
            return entry(source, expr.args[0].value)
    if isinstance(expr, ast.BinOp):
        named = [side for side in (expr.left, expr.right) if not isinstance(side, ast.Constant)]
        return named[0] if len(named) == 1 else None
    return None


def _name(source: Source, expr: ast.Name) -> ast.expr | None:
    function = source.enclosing(expr, ast.FunctionDef, ast.Lambda)
    if isinstance(function, ast.FunctionDef):
        inside = [a for a in source.assignments(expr.id) if source.enclosing(a, ast.FunctionDef) is function]
        if not inside and any(a.arg == expr.id for a in _parameters(function)):
            return _argument(source, function, expr.id)
    else:
        inside = []
    places = inside or [a for a in source.assignments(expr.id) if source.enclosing(a, ast.FunctionDef) is None]
    together = _together(source, expr.id)
    if not places and len(together) == 1:
        return together[0]
    return places[0].value if len(places) == 1 and not together else None


def _together(source: Source, name: str) -> list[ast.expr]:
    """`BATCH, LR = 2, 1e-3` outside functions: the value that a name gets, once for each such line."""
    found = []
    for n in source.nodes:
        if not isinstance(n, ast.Assign) or not isinstance(n.value, ast.Tuple):
            continue
        for target in n.targets:
            if isinstance(target, ast.Tuple) and len(target.elts) == len(n.value.elts):
                pairs = zip(target.elts, n.value.elts)
                found += [v for t, v in pairs if last_name(t) == name and source.enclosing(n, ast.FunctionDef) is None]
    return found


def chosen(source: Source, line: int) -> ast.expr | None:
    """`TABLE[config["activation"]]()`, `getattr(nn, config.name)()`: where the name of what a line makes is written;
    None where the line names it itself."""
    for call in source.on(line, ast.Call):
        made, key = call.func, None
        if isinstance(made, ast.Subscript):
            key = made.slice
        elif isinstance(made, ast.Call) and last_name(made.func) == "getattr" and len(made.args) > 1:
            key = made.args[1]
        found = origin(source, key) if key is not None else None
        if isinstance(found, ast.Constant) and isinstance(found.value, str):
            return found
    return None


def _parameters(function: ast.FunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _argument(source: Source, function: ast.FunctionDef, name: str) -> ast.expr | None:
    """What the only call of a function gives for a parameter, else the parameter's default."""
    owner = source.parents.get(function)
    method = isinstance(owner, ast.ClassDef)
    called = owner.name if isinstance(owner, ast.ClassDef) and function.name == "__init__" else function.name
    calls = list(source.calls(called))
    given = []
    names = [a.arg for a in [*function.args.posonlyargs, *function.args.args]]
    at = names.index(name) - (1 if method else 0) if name in names else -1
    for call in calls:
        value = source.keyword(call, name)
        if value is None and 0 <= at < len(call.args):
            value = call.args[at]
        if value is not None:
            given.append(value)
    if len(given) == 1 and len(calls) == 1:
        return given[0]
    return _default(function, name) if not given else given[0] if len(given) == 1 else None


def _default(function: ast.FunctionDef, name: str) -> ast.expr | None:
    plain = [*function.args.posonlyargs, *function.args.args]
    for arg, default in zip(plain[::-1], function.args.defaults[::-1]):
        if arg.arg == name:
            return default
    for arg, default in zip(function.args.kwonlyargs, function.args.kw_defaults):
        if arg.arg == name:
            return default
    return None


def _attribute(source: Source, expr: ast.Attribute) -> ast.expr | None:
    """`args.lr` -> the option's default; `self.lr`, `Config.lr` -> what was assigned to it once."""
    for call in source.calls("add_argument"):
        words = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        known = {w.lstrip("-").replace("-", "_") for w in words}
        if expr.attr in known:
            return source.keyword(call, "default")
    places = [a for a in source.assignments(expr.attr) if a.value is not None]
    if len(places) == 1:
        return places[0].value
    keywords = [kw.value for call in source.calls() for kw in call.keywords if kw.arg == expr.attr]
    return keywords[0] if not places and len(keywords) == 1 else None


def entry(source: Source, key: object) -> ast.expr | None:
    """The value of the only dictionary entry (or `dict(key=...)`) of this key."""
    found = [
        v for n in source.nodes if isinstance(n, ast.Dict)
        for k, v in zip(n.keys, n.values) if isinstance(k, ast.Constant) and k.value == key
    ]  # fmt: skip
    found += [kw.value for call in source.calls("dict", "SimpleNamespace") for kw in call.keywords if kw.arg == key]
    return found[0] if len(found) == 1 else None
