"""Pinball: which way round a quantile loss written by hand is, worked out from its own expression for single numbers."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

from wellfit.nouns.bindings import last
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.source import Source, last_name

LEVELS = (0.9, 0.7, 0.2)
"""Quantiles that the expression is worked out for, whatever the program's is: for each it must be the same loss."""
DEEP, MOST = 12, 400
SAME = frozenset(
    ("mean", "sum", "squeeze", "unsqueeze", "float", "double", "view", "reshape", "flatten", "to", "type", "type_as",
     "item", "detach", "nanmean", "contiguous")
)  # fmt: skip
"""Calls that leave a single number what it is, but for a factor."""
OPERATORS: dict[type, Callable] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le, ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Invert: operator.not_,
}  # fmt: skip
TWO: dict[str, Callable] = {
    "max": max, "maximum": max, "fmax": max, "min": min, "minimum": min, "sub": operator.sub, "mul": operator.mul,
    "multiply": operator.mul, "subtract": operator.sub, "add": operator.add,
}  # fmt: skip
ONE: dict[str, Callable] = {
    "relu": lambda v: max(v, 0.0), "ReLU": lambda v: max(v, 0.0), "abs": abs, "absolute": abs, "neg": operator.neg,
}  # fmt: skip


class _Unknown(Exception):
    """The expression has parts that are no arithmetic of the two sides and of one quantile."""


class _Level:
    """What stands for the quantile: the only thing in the expression that is neither side, and the value it is given."""

    def __init__(self, value: float) -> None:
        self.value, self.key, self.expr = value, "", None

    def of(self, expr: ast.expr) -> float:
        key = ast.dump(expr)
        if self.key not in ("", key):
            raise _Unknown
        self.key, self.expr = key, expr
        return self.value


def reversed_quantile(program: Program, loss: LossSeen) -> ast.expr | None:
    """The quantile's expression, where a loss by hand is that of the quantile 1 - q instead of q: an answer above the
    target costs q of the difference, one below it 1 - q. None where it is right, or no such loss."""
    source, node, site = program.source(loss.site), loss.node, loss.site
    if loss.name or source is None or node is None or site is None or loss.target not in node.ins or len(node.ins) != 2:
        return None
    differences = [n for n in source.on(site.line, ast.BinOp) if isinstance(n.op, ast.Sub)]
    error = next((n for n in differences if not any(isinstance(e, ast.Constant) for e in (n.left, n.right))), None)
    if error is None:
        return None
    first = (node.ins[0] == loss.target) != node.name.strip("_").startswith("r")
    levels = (_costs(source, whole, error, first) for whole in _uses(source, error))
    return next((level for level in levels if level is not None), None)


def _costs(source: Source, whole: ast.expr, error: ast.BinOp, target_first: bool) -> ast.expr | None:
    """The quantile's expression, where the whole is its loss the other way round."""
    sides: list[float] = []
    found: ast.expr | None = None
    try:
        for q in LEVELS:
            above, below = (_value(source, whole, error, target_first, q, d) for d in (1.0, -1.0))
            found = above[1]
            if found is None or above[0] + below[0] <= 0 or min(above[0], below[0]) < 0:
                return None
            sides.append(above[0] / (above[0] + below[0]) - q)
    except (_Unknown, ZeroDivisionError, TypeError):
        return None
    return found if all(abs(off) < 1e-6 for off in sides) else None


def _value(
    source: Source, whole: ast.expr, error: ast.BinOp, target_first: bool, q: float, away: float
) -> tuple[float, ast.expr | None]:
    target, answer = 3.0, 3.0 + away
    left, right = (target, answer) if target_first else (answer, target)
    known = {ast.dump(bare): v for e, v in ((error.left, left), (error.right, right)) for bare in (e, _bare(e))}
    level = _Level(q)
    return _work(source, whole, {**known, ast.dump(error): left - right}, level, DEEP), level.expr


def _uses(source: Source, error: ast.BinOp) -> list[ast.expr]:
    """The expressions that a difference is part of, itself or by the names that what it is part of is given, in its
    function from there on, in the order of the text."""
    given = source.enclosing(error, ast.stmt)
    function = source.enclosing(error, ast.FunctionDef)
    body = [n for n in ast.walk(function if function is not None else source.tree) if hasattr(n, "lineno")]
    body = [n for n in body if given is not None and n.lineno >= given.lineno]  # type: ignore[attr-defined]
    body.sort(key=lambda n: (n.lineno, n.col_offset))  # type: ignore[attr-defined]
    names: set[str] = set()
    of_it = lambda e: any(n is error or (isinstance(n, ast.Name) and n.id in names) for n in ast.walk(e))
    found: list[ast.expr] = []
    for n in body[:MOST]:
        if isinstance(n, ast.Assign) and of_it(n.value):
            names |= {last_name(t) for t in n.targets} - {""}
        elif isinstance(n, (ast.BinOp, ast.Call)) and of_it(n):
            found.append(n)
    return found


def _bare(e: ast.expr) -> ast.expr:
    """Without what leaves a single number as it is."""
    while True:
        if isinstance(e, ast.Subscript):
            e = e.value
        elif isinstance(e, ast.Call) and isinstance(e.func, ast.Attribute) and e.func.attr in SAME:
            e = e.func.value
        else:
            return e


def _work(source: Source, e: ast.expr, known: dict[str, float], level: _Level, depth: int) -> float:
    """An expression's value."""
    if depth <= 0:
        raise _Unknown
    work = lambda inner: _work(source, inner, known, level, depth - 1)
    if ast.dump(e) in known:
        return known[ast.dump(e)]
    if isinstance(e, ast.Constant) and isinstance(e.value, (int, float)):
        return float(e.value)
    if isinstance(e, ast.BinOp) and type(e.op) in OPERATORS:
        return OPERATORS[type(e.op)](work(e.left), work(e.right))
    if isinstance(e, ast.UnaryOp) and type(e.op) in OPERATORS:
        return OPERATORS[type(e.op)](work(e.operand))
    if isinstance(e, ast.Compare) and len(e.ops) == 1 and type(e.ops[0]) in OPERATORS:
        return OPERATORS[type(e.ops[0])](work(e.left), work(e.comparators[0]))
    if isinstance(e, ast.IfExp):
        return work(e.body) if work(e.test) else work(e.orelse)
    if isinstance(e, ast.Call):
        return _called(e, work)
    if isinstance(e, ast.Name):
        given = last(source, e, source.enclosing(e, ast.FunctionDef))
        if given is not None and not given.path and not isinstance(given.value, ast.Constant):
            try:
                return work(given.value)
            except _Unknown:
                return level.of(e)
    if isinstance(e, (ast.Name, ast.Attribute, ast.Subscript)):
        return known[ast.dump(_bare(e))] if ast.dump(_bare(e)) in known else level.of(e)
    raise _Unknown


def _called(e: ast.Call, work: Callable[[ast.expr], float]) -> float:
    """A call's value: of a function (`torch.max(a, b)`) or a method (`a.clamp(min=0)`)."""
    name, method = (
        last_name(e.func),
        isinstance(e.func, ast.Attribute) and last_name(e.func.value) not in ("torch", "F", "np"),
    )
    method = method and not (isinstance(e.func, ast.Attribute) and last_name(e.func.value) in ("functional", "nn"))
    if isinstance(e.func, ast.Call) and last_name(e.func.func) in ONE and len(e.args) == 1:  # nn.ReLU()(e)
        return ONE[last_name(e.func.func)](work(e.args[0]))
    args = [*([e.func.value] if method and isinstance(e.func, ast.Attribute) else []), *e.args]
    bounds = {kw.arg: kw.value for kw in e.keywords}
    if name in SAME and args:
        return work(args[0])
    if name in ONE and len(args) == 1:
        return ONE[name](work(args[0]))
    if name in TWO and len(args) == 2:
        return TWO[name](work(args[0]), work(args[1]))
    if name == "where" and len(args) == 3:
        test, yes, no = args if not method else (args[1], args[0], args[2])
        return work(yes) if work(test) else work(no)
    if name in ("clamp", "clip", "clamp_min", "clamp_max") and args:
        low = bounds.get("min") or (args[1] if len(args) > 1 and name != "clamp_max" else None)
        high = bounds.get("max") or (args[-1] if len(args) > 2 or (name == "clamp_max" and len(args) > 1) else None)
        value = work(args[0])
        value = value if low is None else max(value, work(low))
        return value if high is None else min(value, work(high))
    raise _Unknown
