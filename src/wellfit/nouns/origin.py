"""Origin: where in a user's file a value is written: through names, parameters, attributes, options."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from wellfit.nouns.bindings import before, bindings, last, place, round_again, taken_apart, targets
from wellfit.nouns.calls import Function, given
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
    return None if taken_apart(source, expr) else _following(source, expr)


def _following(source: Source, expr: ast.expr) -> ast.expr | None:
    if isinstance(expr, ast.Name):
        return _name(source, expr)
    if isinstance(expr, ast.Attribute):
        return of_attribute(source, expr)
    if isinstance(expr, ast.Subscript):
        return _item(source, expr)
    if isinstance(expr, ast.Starred):
        return expr.value
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
    around, scope = source.enclosing(expr, ast.FunctionDef, ast.Lambda), None
    while isinstance(around, (ast.FunctionDef, ast.Lambda)) and scope is None:  # a closure reads those around it
        function, given = around, bindings(source, expr.id, around)
        if any(a.arg == expr.id for a in _parameters(function)):
            inside = [b.statement for b in before(expr, given)]
            if round_again(source, expr, given):
                return None
            if all(_stands_in(source, a, expr.id) for a in inside):
                value = _argument(source, function, expr.id)
                missing = value is None or (isinstance(value, ast.Constant) and value.value is None)
                return value if not inside or not missing else _otherwise(inside[-1].value, expr.id)
        scope = function if given else None
        around = source.enclosing(function, ast.FunctionDef, ast.Lambda)
    looped = _looped(source, expr)
    if looped is not None and (scope is None or isinstance(looped[0], ast.comprehension)):
        return looped[1]
    found = last(source, expr, scope)
    return _piece(source, found.value, found.path) if found else None


def _piece(source: Source, value: ast.expr, path: tuple[int, ...]) -> ast.expr:
    """The part of a value that stands at this place of what it is assigned to; the whole where it cannot be taken apart."""
    for i in path:
        made = None if isinstance(value, (ast.Tuple, ast.List)) else _following(source, value)
        held = value if made is None else origin(source, made)
        if not isinstance(held, (ast.Tuple, ast.List)) or i >= len(held.elts):
            return value
        value = held.elts[i]
    return value


def _stands_in(source: Source, given: ast.Assign | ast.AnnAssign, name: str) -> bool:
    """`norm = norm or BatchNorm2d`, `if norm is None: norm = BatchNorm2d`: only where nothing was given."""
    e, around = given.value, source.parents.get(given)
    parts = e.values if isinstance(e, ast.BoolOp) and isinstance(e.op, ast.Or) else []
    parts = [e.body, e.orelse] if isinstance(e, ast.IfExp) else parts
    test = around.test if isinstance(around, ast.If) and given in around.body else None
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is):
        parts = [test.left]
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        parts = [test.operand]
    return any(isinstance(p, ast.Name) and p.id == name for p in parts)


def _otherwise(e: ast.expr | None, name: str) -> ast.expr | None:
    """What stands in."""
    if isinstance(e, ast.IfExp):
        return e.orelse if isinstance(e.body, ast.Name) and e.body.id == name else e.body
    return e.values[-1] if isinstance(e, ast.BoolOp) else e


def _looped(source: Source, expr: ast.Name) -> tuple[ast.AST, ast.expr | None] | None:
    """`for a, b in zip(sizes, sizes[1:])`: the innermost loop around a name that gives it its values, and what it takes
    them from (None where that is not known)."""
    at = source.parents.get(expr)
    while at is not None and not isinstance(at, (ast.FunctionDef, ast.Lambda)):
        for loop in [at] if isinstance(at, ast.For) else getattr(at, "generators", []):
            path = place(loop.target, expr.id)
            if path is not None and not any(n is expr for n in ast.walk(loop.iter)):
                return loop, _over(loop.iter, path)
        at = source.parents.get(at)
    return None


def _over(iterated: ast.expr, path: tuple[int, ...]) -> ast.expr | None:
    word = last_name(iterated.func) if isinstance(iterated, ast.Call) else ""
    if isinstance(iterated, ast.Call) and word == "enumerate" and iterated.args:
        return _over(iterated.args[0], path[1:]) if path[:1] == (1,) else None
    if isinstance(iterated, ast.Call) and word == "zip" and path:
        return iterated.args[path[0]] if path[0] < len(iterated.args) else None
    if isinstance(iterated, ast.Call) and word == "pairwise" and iterated.args:
        return iterated.args[0]
    return iterated if not path else None


def _item(source: Source, expr: ast.Subscript) -> ast.expr | None:
    """`table["lr"]`, `SIZES[name]`, `widths[1]`, `widths[:-1]`: the entry where the key is known, else what it is of."""
    key = expr.slice
    known = key.value if isinstance(key, ast.Constant) else None
    if known is None and not isinstance(key, ast.Slice):
        written = origin(source, key)
        known = written.value if isinstance(written, ast.Constant) else None
    whole = expr.value
    held = origin(source, whole)
    if isinstance(held, ast.Dict) and known is not None:
        for k, v in zip(held.keys, held.values):
            if isinstance(k, ast.Constant) and k.value == known:
                return v
    if isinstance(held, (ast.List, ast.Tuple)) and isinstance(known, int) and -len(held.elts) <= known < len(held.elts):
        return held.elts[known]
    found = entry(source, known) if known is not None else None
    return found if found is not None else whole if isinstance(key, ast.Slice) else None


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


def _parameters(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _argument(source: Source, function: Function, name: str) -> ast.expr | None:
    """What the first call of a function gives for a parameter, else the parameter's default."""
    value = from_call(source, source, function, name)
    return value if value is not None else _default(function, name)


def from_call(calls: Source, source: Source, function: Function, name: str) -> ast.expr | None:
    """What the first call, in the file `calls`, of a function of the file `source` gives for a parameter."""
    return next(given(calls, source, function, name), None)


def _default(function: Function, name: str) -> ast.expr | None:
    plain = [*function.args.posonlyargs, *function.args.args]
    for arg, default in zip(plain[::-1], function.args.defaults[::-1]):
        if arg.arg == name:
            return default
    for arg, default in zip(function.args.kwonlyargs, function.args.kw_defaults):
        if arg.arg == name:
            return default
    return None


def of_attribute(source: Source, expr: ast.Attribute) -> ast.expr | None:
    """`args.lr` -> the option's default; `self.lr`, `Config.lr` -> what was assigned to it once."""
    call = option(source, expr.attr)
    if call is not None:
        return source.keyword(call, "default")
    owner = _class_of(source, expr.value)
    if owner is not None and (found := _field(source, owner, expr.attr)) is not None:
        return found
    places = [a for a in source.assignments(expr.attr) if a.value is not None]
    keywords = [kw.value for call in source.calls() for kw in call.keywords if kw.arg == expr.attr]
    if len(places) == 1:
        inside = isinstance(source.parents.get(places[0]), ast.ClassDef)  # a default that a call may replace
        return keywords[0] if inside and len(keywords) == 1 else places[0].value
    return keywords[0] if not places and len(keywords) == 1 else None


def option(source: Source, name: str) -> ast.Call | None:
    """The `add_argument` of an option of this name."""
    for call in source.calls("add_argument"):
        words = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name in {w.lstrip("-").replace("-", "_") for w in words}:
            return call
    return None


def _class_of(source: Source, expr: ast.expr, depth: int = DEEP) -> ast.ClassDef | None:
    """The user's class that an object is of: of `self` the one around, of a name the one that it was made by or that
    its parameter is declared to be."""
    if not isinstance(expr, (ast.Name, ast.Attribute)) or depth <= 0:
        return None
    classes = {n.name: n for n in source.nodes if isinstance(n, ast.ClassDef)}
    if isinstance(expr, ast.Name):
        if expr.id in classes:
            return classes[expr.id]
        function = source.enclosing(expr, ast.FunctionDef)
        owner = source.parents.get(function) if function is not None else None
        if expr.id == "self" and isinstance(owner, ast.ClassDef):
            return owner
        for a in _parameters(function) if isinstance(function, ast.FunctionDef) else []:
            if a.arg == expr.id and a.annotation is not None and last_name(a.annotation) in classes:
                return classes[last_name(a.annotation)]
    made = _name(source, expr) if isinstance(expr, ast.Name) else of_attribute(source, expr)
    if isinstance(made, ast.Call):
        return classes.get(last_name(made.func))
    return _class_of(source, made, depth - 1) if made is not None else None


def _field(source: Source, owner: ast.ClassDef, name: str) -> ast.expr | None:
    """What a field of a class is given: in the call that makes the object, by `self.name = ...`, or by its default."""
    fields = [n for n in owner.body if isinstance(n, (ast.AnnAssign, ast.Assign)) and n.value is not None]
    defaults = [n.value for n in fields for t in targets(n) if last_name(t) == name]
    set_in = [a for a in source.assignments(name) if a.value is not None and source.enclosing(a, ast.ClassDef) is owner]
    own = [a.value for a in set_in for t in targets(a) if isinstance(t, ast.Attribute) and last_name(t.value) == "self"]
    own += _beside(owner, name)
    if own:
        return own[0] if len(own) == 1 else None
    order = [last_name(n.target) for n in owner.body if isinstance(n, ast.AnnAssign)]
    for call in source.calls(owner.name, "replace"):
        value = source.keyword(call, name)
        at = order.index(name) if name in order and last_name(call.func) == owner.name else -1
        value = value if value is not None else call.args[at] if 0 <= at < len(call.args) else None
        if value is not None:
            return value
    return _made_by(defaults[0]) if defaults else None


def _beside(owner: ast.ClassDef, name: str) -> Iterator[ast.expr]:
    """`self.size, self.name = size, name`: what is given to this one of them."""
    for n in ast.walk(owner):
        for pair in n.targets if isinstance(n, ast.Assign) and isinstance(n.value, ast.Tuple) else []:
            elts = pair.elts if isinstance(pair, ast.Tuple) else []
            for t, value in zip(elts, n.value.elts if len(elts) == len(n.value.elts) else []):  # type: ignore[attr-defined]
                if isinstance(t, ast.Attribute) and t.attr == name and last_name(t.value) == "self":
                    yield value


def _made_by(value: ast.expr | None) -> ast.expr | None:
    """`field(default=3)`, `field(default_factory=lambda: [3])` -> 3, [3]."""
    if isinstance(value, ast.Call) and last_name(value.func) == "field":
        for kw in value.keywords:
            if kw.arg in ("default", "default_factory"):
                return kw.value.body if isinstance(kw.value, ast.Lambda) else kw.value
    return value


def entry(source: Source, key: object) -> ast.expr | None:
    """The value of the only dictionary entry (or `dict(key=...)`) of this key."""
    found = [
        v for n in source.nodes if isinstance(n, ast.Dict)
        for k, v in zip(n.keys, n.values) if isinstance(k, ast.Constant) and k.value == key
    ]  # fmt: skip
    found += [kw.value for call in source.calls("dict", "SimpleNamespace") for kw in call.keywords if kw.arg == key]
    return found[0] if len(found) == 1 else None
