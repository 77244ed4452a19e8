"""Windows: series that are cut into windows, and at which end of a window its target is taken."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from wellfit.nouns.bindings import last
from wellfit.nouns.fed import inputs_chain, targets_chain
from wellfit.nouns.flow import Spot, back
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

MAKING = frozenset(
    ("tensor", "as_tensor", "from_numpy", "array", "asarray", "float", "float32", "FloatTensor", "stack")
)
METHODS = frozenset(
    ("astype", "float", "reshape", "flatten", "ravel", "copy", "clone", "unsqueeze", "view", "to_numpy", "to", "item",
     "squeeze", "numpy", "contiguous")
)  # fmt: skip
MOVING = frozenset(
    ("shift", "roll", "rolling", "diff", "pct_change", "convolve", "lfilter", "gradient", "ewm", "pad", "concatenate",
     "cat", "concat", "hstack", "vstack", "insert", "append", "resample", "groupby", "reindex", "flip", "flipud")
)  # fmt: skip
"""Calls after which a row of a series is no longer that of the same time, or may not be."""
WINDOWING = frozenset(("sliding_window_view", "unfold"))


def target_at_start(program: Program) -> Site | None:
    """Where a value to predict is taken from the first row of the window that the network is given."""
    if program.task != "regression":
        return None  # a class may hold for all of a window
    for path, source in program.sources.items():
        found = at_start(source, program.sources.values())
        if found is not None:
            return Site(path, found.lineno)
    cut = cut_at_start(inputs_chain(program), targets_chain(program))
    return Site(cut.source.path, cut.line) if cut is not None else None


def at_start(source: Source, sources: Iterable[Source]) -> ast.expr | None:
    """The target that is taken at the start of its window (`x[i : i + W]` beside `y[i]`), of another series that goes along
    with the first; None where it is at or behind the end, or where rows of the two may be of different times."""
    for window, target in _pairs(source):
        cut, one = _element(source, window), _element(source, target)
        if not (isinstance(cut, ast.Subscript) and isinstance(one, ast.Subscript)):
            continue
        start, at = _start(cut), _first(one.slice)
        if start is None or not isinstance(at, ast.Name) or at.id != start or _same(cut, one):
            continue
        if _together(source, sources, _held(cut), _held(one)) and not _counted(source, one, at):
            return one
    return None


def cut_at_start(fed: list[Spot], wanted: list[Spot]) -> Spot | None:
    """`y[: -W + 1]` or `y[: len(X)]` beside `sliding_window_view(x, W)`: the target of a window is its first row's."""
    made = next((s for s in fed if isinstance(s.expr, ast.Call) and last_name(s.expr.func) in WINDOWING), None)
    size = _size(made.expr) if made is not None else None
    if made is None or size is None or _moved(fed[fed.index(made) :]):
        return None
    names = {s.expr.id for s in fed if isinstance(s.expr, ast.Name)}
    slices = {ast.dump(s.expr.slice) for s in fed if isinstance(s.expr, ast.Subscript)}
    for i, spot in enumerate(wanted):
        cut = spot.expr.slice if isinstance(spot.expr, ast.Subscript) else None
        if not isinstance(cut, ast.Slice):
            continue
        if (
            cut.lower is None
            and cut.upper is not None
            and _rest(cut.upper, size, names)
            and ast.dump(cut) not in slices
        ):
            return spot if not _moved(wanted[i + 1 :]) else None
        if cut.lower is not None and ast.dump(cut) not in slices:
            return None
    return None


def _size(call: ast.expr) -> ast.expr | None:
    """`sliding_window_view(x, W)`, `x.unfold(0, W, 1)` -> `W`."""
    given = call.args if isinstance(call, ast.Call) else []
    if not isinstance(call, ast.Call):
        return None
    if last_name(call.func) == "unfold":
        steps = given[2] if len(given) > 2 else None
        return given[1] if isinstance(steps, ast.Constant) and steps.value == 1 else None
    named = [kw.value for kw in call.keywords if kw.arg == "window_shape"]
    return named[0] if named else given[1] if len(given) > 1 else None


def _rest(upper: ast.expr, size: ast.expr, names: set[str]) -> bool:
    """Does a slice end where the windows end: `-W`, `-W + 1`, `1 - W`, `len(y) - W + 1`, `len(X)`, `X.shape[0]`?"""
    if isinstance(upper, ast.Call) and last_name(upper.func) == "len" and upper.args:
        return last_name(upper.args[0]) in names
    if isinstance(upper, ast.Subscript) and isinstance(upper.value, ast.Attribute) and upper.value.attr == "shape":
        return last_name(upper.value.value) in names
    less = [n.operand for n in ast.walk(upper) if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub)]
    less += [n.right for n in ast.walk(upper) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Sub)]
    return any(ast.dump(n) == ast.dump(size) for part in less for n in ast.walk(part))


def _pairs(source: Source) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(input, target) of one example, wherever examples are gathered in pairs."""
    for n in source.nodes:
        if isinstance(n, ast.For):
            added = [
                c for c in ast.walk(n) if isinstance(c, ast.Call) and last_name(c.func) == "append" and len(c.args) == 1
            ]
            alone = [c.args[0] for c in added if not isinstance(c.args[0], ast.Tuple)]
            yield from ((a, b) for a in alone for b in alone if a is not b)
            yield from (pair for c in added for pair in _two(c.args[0]))
        elif isinstance(n, (ast.Return, ast.Yield, ast.ListComp)):
            yield from _two(n.elt if isinstance(n, ast.ListComp) else n.value)
    made = [n for n in source.nodes if isinstance(n, (ast.ListComp, ast.GeneratorExp)) and len(n.generators) == 1]
    for a in made:
        for b in made:
            same = ast.dump(a.generators[0]) == ast.dump(b.generators[0]) and a is not b
            if same and source.enclosing(a, ast.FunctionDef) is source.enclosing(b, ast.FunctionDef):
                yield a.elt, b.elt


def _two(e: ast.AST | None) -> list[tuple[ast.expr, ast.expr]]:
    """The two parts of a pair; none of anything else."""
    return [(e.elts[0], e.elts[1])] if isinstance(e, ast.Tuple) and len(e.elts) == 2 else []


def _element(source: Source, e: ast.expr) -> ast.expr:
    """What is taken out of a series, without what makes a tensor of it."""
    for _ in range(8):
        if isinstance(e, ast.Call) and last_name(e.func) in MAKING and len(e.args) >= 1:
            e = e.args[0]
        elif isinstance(e, ast.Call) and isinstance(e.func, ast.Attribute) and e.func.attr in METHODS:
            e = e.func.value
        elif isinstance(e, ast.Attribute) and e.attr == "values":
            e = e.value
        elif isinstance(e, ast.List) and len(e.elts) == 1:
            e = e.elts[0]
        elif isinstance(e, ast.Name):
            given = last(source, e, source.enclosing(e, ast.FunctionDef))
            if given is None or (given.path and not isinstance(given.value, ast.Tuple)):
                return e
            e = given.value.elts[given.path[0]] if given.path and isinstance(given.value, ast.Tuple) else given.value
        else:
            return e
    return e


def _first(key: ast.expr) -> ast.expr:
    return key.elts[0] if isinstance(key, ast.Tuple) and key.elts else key


def _start(cut: ast.Subscript) -> str | None:
    """`x[i : i + W]` -> "i"."""
    key = _first(cut.slice)
    lower, upper = (key.lower, key.upper) if isinstance(key, ast.Slice) and key.step is None else (None, None)
    if not isinstance(lower, ast.Name) or not isinstance(upper, ast.BinOp) or not isinstance(upper.op, ast.Add):
        return None
    sides = [upper.left, upper.right]
    return lower.id if any(isinstance(s, ast.Name) and s.id == lower.id for s in sides) else None


def _held(part: ast.Subscript) -> ast.expr:
    """The series that something is taken out of."""
    inner = part.value
    return inner.value if isinstance(inner, ast.Attribute) and inner.attr in ("iloc", "values", "loc") else inner


def _same(cut: ast.Subscript, one: ast.Subscript) -> bool:
    """Is it the very series that is cut into windows (what it is to give back, maybe)?"""
    return ast.dump(_held(cut)) == ast.dump(_held(one)) and not isinstance(one.slice, ast.Tuple)


def _together(source: Source, sources: Iterable[Source], cut: ast.expr, one: ast.expr) -> bool:
    """Do both series go along with each other: neither was shifted or lengthened on the way from where they part?"""
    chains = [back(Spot(source, e), sources) for e in (cut, one)]
    shared = {id(s.expr) for s in chains[0]} & {id(s.expr) for s in chains[1]}
    own = [[s for s in chain if id(s.expr) not in shared] for chain in chains]
    return not any(_moved(chain) for chain in own)


def _moved(chain: list[Spot]) -> bool:
    for spot in chain:
        for n in ast.walk(spot.expr):
            if isinstance(n, ast.Call) and last_name(n.func) in MOVING:
                return True
            if isinstance(n, ast.Slice) and n.lower is not None and not _nothing(n.lower):
                return True
            if isinstance(n, ast.Attribute) and n.attr in ("r_", "c_"):
                return True
    return False


def _nothing(e: ast.expr) -> bool:
    return isinstance(e, ast.Constant) and e.value == 0


def _counted(source: Source, one: ast.Subscript, at: ast.Name) -> bool:
    """Does the start run over all of the targets, `range(len(y))`: windows of a longer series then end there?"""
    loops = [n for n in source.nodes if isinstance(n, (ast.For, ast.comprehension)) and last_name(n.target) == at.id]
    held = ast.dump(_held(one))
    for loop in loops:
        of = loop.iter.args if isinstance(loop.iter, ast.Call) else []
        for e in of:
            if isinstance(e, ast.Call) and last_name(e.func) == "len" and e.args and ast.dump(e.args[0]) == held:
                return True
    return False
