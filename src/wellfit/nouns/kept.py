"""Kept: weights that a program puts aside while it trains to go back to, by a name for them only instead of a copy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from wellfit.nouns.flow import Spot, back
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, dotted, last_name
from wellfit.nouns.tape import Site

SAME = frozenset(("dict", "OrderedDict", "copy", "tuple", "list", "items", "values"))
"""Calls whose result holds the very tensors it was given (`dict.copy` and `copy.copy` are shallow)."""
ALIKE = frozenset(("detach", "cpu", "data", "float", "contiguous", "requires_grad_"))
"""What gives the same memory of a tensor of floats on the CPU."""
OTHERS = ("optim", "opt", "sched", "scaler")
"""Names, or beginnings of names, of what has a state and is no network."""


class Kept(NamedTuple):
    """Where weights are put aside by reference; lower: the least of what they are judged by counts as best (None:
    unknown)."""

    site: Site
    lower: bool | None


def by_reference(program: Program) -> Kept | None:
    """The state of a network that is put aside under a condition, not copied, and loaded again: what is loaded are the
    last weights. None where the source does not say so beyond doubt, or no weight lives on the CPU."""
    places = {p.device.type for n in program.networks for p in n.module.parameters()}
    for path, source in program.sources.items():
        for value, target in _put_aside(source, "cpu" in places and len(places) == 1):
            around = source.enclosing(value, ast.If)
            if (
                not isinstance(around, ast.If)
                or not _compares(around.test)
                or _copied_then(source, around, value, target)
            ):
                continue
            if _loaded(program, source, value, target):
                return Kept(Site(path, value.lineno), _lower(around))
    return None


def _put_aside(source: Source, cpu: bool) -> Iterator[tuple[ast.expr, str]]:
    """(expression that holds a network's own weights, name that keeps it)."""
    for n in source.nodes:
        if not isinstance(n, (ast.Assign, ast.AnnAssign)) or n.value is None:
            continue
        for t in n.targets if isinstance(n, ast.Assign) else [n.target]:
            both = isinstance(t, ast.Tuple) and isinstance(n.value, ast.Tuple) and len(t.elts) == len(n.value.elts)
            for at, value in zip(t.elts, n.value.elts) if both else [(t, n.value)]:  # type: ignore[union-attr]
                name = last_name(at.value if isinstance(at, ast.Subscript) else at)
                if name and _own(value, cpu):
                    yield value, name
    for c in source.calls("append", "update"):
        held = last_name(c.func.value) if isinstance(c.func, ast.Attribute) else ""
        if held and c.args and _own(c.args[0], cpu):
            yield c.args[0], held


def _own(e: ast.expr, cpu: bool) -> bool:
    """Does a value hold the very tensors of a network's state?"""
    if isinstance(e, ast.Dict):
        return any(_own(v, cpu) for v in e.values)
    if isinstance(e, ast.Tuple):
        return any(_own(v, cpu) for v in e.elts)
    if isinstance(e, ast.DictComp):
        return _own(e.generators[0].iter, cpu) and _alike(e.value, cpu)
    if not isinstance(e, ast.Call):
        return False
    word = last_name(e.func)
    held = e.func.value if isinstance(e.func, ast.Attribute) else None
    if word == "state_dict" and held is not None:
        calls = [last_name(c.func) for c in ast.walk(held) if isinstance(c, ast.Call)]
        return not calls and not last_name(held).lower().startswith(OTHERS)
    given = e.args[0] if e.args else held
    return word in SAME and given is not None and _own(given, cpu)


def _alike(e: ast.expr, cpu: bool) -> bool:
    """`v`, `v.detach().cpu()`, `v.data`: the same memory?"""
    while isinstance(e, (ast.Call, ast.Attribute)):
        word = last_name(e.func) if isinstance(e, ast.Call) else e.attr
        if word not in ALIKE or (word == "cpu" and not cpu) or (isinstance(e, ast.Call) and e.args):
            return False
        inner = e.func if isinstance(e, ast.Call) else e
        if not isinstance(inner, ast.Attribute):
            return False
        e = inner.value
    return isinstance(e, ast.Name)


def _compares(test: ast.expr) -> bool:
    """Is something compared by size in it, or asked of a function?"""
    orders = (ast.Lt, ast.Gt, ast.LtE, ast.GtE)
    found = [n for n in ast.walk(test) if isinstance(n, ast.Compare) and isinstance(n.ops[0], orders)]
    return bool(found) or isinstance(test, ast.Call)


def _loaded(program: Program, source: Source, value: ast.expr, target: str) -> bool:
    """Is what was put aside loaded into a network, under its name or by way of a function that returns it?"""
    for file in program.sources.values():
        for call in file.calls("load_state_dict"):
            held = call.func.value if isinstance(call.func, ast.Attribute) else None
            if not call.args or held is None or last_name(held).lower().startswith(OTHERS):
                continue
            names = {last_name(n) for n in ast.walk(call.args[0]) if isinstance(n, (ast.Name, ast.Attribute))}
            if "load" in names:
                continue
            if file is source and target in names:
                return True
            inside = {id(n) for n in ast.walk(value)}
            if any(id(s.expr) in inside for s in back(Spot(file, call.args[0]), program.sources.values())):
                return True
    return False


def _copied_then(source: Source, around: ast.If, value: ast.expr, target: str) -> bool:
    """Is the same name given something else, a copy say, in the same branch?"""
    given = [a for a in source.assignments(target) if any(n is a for n in ast.walk(around))]
    return any(
        a.value is not None and not isinstance(a.value, ast.Constant) and not any(n is value for n in ast.walk(a.value))
        for a in given
    )


def _lower(around: ast.If) -> bool | None:
    """`if loss < best: best = loss`: is less better?"""
    given = [t for n in ast.walk(around) if isinstance(n, ast.Assign) for t in n.targets]
    set_here = {dotted(x) for t in given for x in (t.elts if isinstance(t, ast.Tuple) else [t])}
    for n in ast.walk(around.test):
        if isinstance(n, ast.Compare) and len(n.ops) == 1 and isinstance(n.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
            less = isinstance(n.ops[0], (ast.Lt, ast.LtE))
            sides = [{dotted(x) for x in ast.walk(side)} & set_here for side in (n.left, n.comparators[0])]
            if bool(sides[0]) != bool(sides[1]):
                return less if sides[1] else not less
    return None
