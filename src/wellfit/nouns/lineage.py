"""Lineage: where in a user's file the data behind an expression were made, step by step back through the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from wellfit.nouns.bindings import reaches
from wellfit.nouns.calls import Function, given
from wellfit.nouns.fed import neutral
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

CONVERSIONS = frozenset(("tensor", "as_tensor", "from_numpy", "FloatTensor", "Tensor", "LongTensor", "DoubleTensor"))
"""Calls that make a tensor of data."""
OF_TWO = ("margin_ranking_loss", "cosine_embedding_loss")
"""Losses of (one answer, another, target)."""
OPERATORS = {"mul": "Mult", "sub": "Sub", "add": "Add", "div": "Div", "truediv": "Div", "pow": "Pow"}
"""Names of torch's arithmetic -> of Python's operators."""
WRAPPERS = frozenset(
    ("DataLoader", "Subset", "iter", "list", "tuple", "tqdm", "cycle", "islice", "prefetch", "reversed")
)
DEEP = 24
"""Steps back at most."""


class Step(NamedTuple):
    """One step back: the line and the expression that gave the data there."""

    line: int
    value: ast.expr


Bound = tuple[ast.expr, tuple[int, ...], ast.AST | None, int]


def lineage(source: Source, expr: ast.expr) -> list[Step]:
    """Assignments and conversions that the data in `expr` went through, the last first."""
    steps: list[Step] = []
    _Walk(source, steps).back(expr, (), 0)
    return steps


def data_step(program: Program, site: Site | None, position: int, *keywords: str) -> list[Step]:
    """The lineage of an argument (by position, or keyword) of the call at a site."""
    source = program.source(site)
    if source is None or site is None:
        return []
    for call in source.calls():
        there = call.lineno <= site.line <= (call.end_lineno or call.lineno) and len(call.args) > position
        if there and last_name(call.func) not in ("print", "append", "item", "backward", "float", "range"):
            return lineage(source, source.keyword(call, *keywords) or call.args[position])
    return []


def target_steps(program: Program, loss: LossSeen) -> list[Step]:
    """The lineage of a loss's targets: of its second argument, or of what its line holds against the answers."""
    source = program.source(loss.site)
    if loss.name or source is None or loss.site is None:
        place = 2 if loss.node is not None and loss.node.name in OF_TWO else 1
        return data_step(program, loss.site, place, "target", "labels")
    calls = {n.site.line for n in loss.tape.passes() if n.site and n.site.file == loss.site.file}
    for part in [*_met(source, loss), *_operands(source, loss.site.line)]:
        steps = lineage(source, part)
        if steps and not any(s.line in calls for s in steps):
            return steps
    return []


def target_made(program: Program, loss: LossSeen) -> Site | None:
    """The line where their scaling is written as none at all, or where the targets became a tensor, else where they were
    last assigned."""
    steps, source, site = target_steps(program, loss), program.source(loss.site), loss.site
    at_loss = source.on(site.line, ast.stmt)[-1:] if source is not None and site is not None else []
    written = neutral(source, *at_loss, *(s.value for s in steps)) if source is not None else None
    return Site(site.file, written.lineno, "") if written is not None and site is not None else _made(site, steps)


def target_written(program: Program, loss: LossSeen) -> Site | None:
    """The line where the targets were last assigned as data, not as a loader or a data set of them."""
    plain = [s for s in target_steps(program, loss) if not _holder(s.value)]
    source = program.source(loss.site)
    inner = [
        s for s in plain if source is None or not _of_users(source, s.value)
    ]  # the function says more than its call
    plain = inner or plain
    return Site(loss.site.file, plain[0].line, "") if plain and loss.site else loss.site


def _of_users(source: Source, value: ast.expr) -> bool:
    """Is it a call of a function of this file?"""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and source.definition(value.func.id) is not None
    )


def _holder(value: ast.expr) -> bool:
    """Is it a loader, a data set, an object of a class?"""
    name = last_name(value.func) if isinstance(value, ast.Call) else ""
    return (
        name in WRAPPERS
        or name in ("TensorDataset", "random_split")
        or (name[:1].isupper() and name not in CONVERSIONS)
    )


def made_at(program: Program, site: Site | None, position: int, *keywords: str) -> Site | None:
    """The line where the data of that argument became a tensor, else where they were last assigned."""
    return _made(site, data_step(program, site, position, *keywords))


def _made(site: Site | None, steps: list[Step]) -> Site | None:
    made = [s for s in steps if _called(s.value) & CONVERSIONS]
    made = made or [s for s in steps if not isinstance(s.value, ast.Subscript) and not _holder(s.value)] or steps
    return Site(site.file, made[0].line, "") if made and site else None


def _met(source: Source, loss: LossSeen) -> list[ast.expr]:
    """The operand, in the very call that brings answers and targets together, that the targets are."""
    node, site = loss.node, loss.site
    if node is None or site is None or loss.target not in node.ins or len(node.ins) < 2:
        return []
    at, found = list(node.ins).index(loss.target), []
    word = node.name.strip("_")
    back = word.startswith("r") and word[1:] in OPERATORS
    for n in source.on(site.line, ast.BinOp, ast.Call):
        if isinstance(n, ast.BinOp) and type(n.op).__name__ == OPERATORS.get(word[1:] if back else word):
            sides = [n.left, n.right]
            found.append(sides[::-1][at] if back else sides[at])
        elif isinstance(n, ast.Call) and last_name(n.func) == word:
            held = n.func.value if isinstance(n.func, ast.Attribute) else None
            given = [*([held] if held is not None and last_name(held) != "torch" else []), *n.args]
            found += given[at : at + 1]
    return found


def _operands(source: Source, line: int) -> list[ast.expr]:
    """Names that arithmetic on this line takes together, without what they are indexed by."""
    found = []
    for node in source.nodes:
        sides = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
        for side in sides:
            inner: ast.expr = side
            while isinstance(inner, ast.Subscript):
                inner = inner.value
            if side.lineno == line and isinstance(inner, (ast.Name, ast.Attribute)):
                found.append(inner)
    return found


def _called(expr: ast.AST) -> set[str]:
    return {last_name(n.func) for n in ast.walk(expr) if isinstance(n, ast.Call)}


class _Walk:
    """Follows names back through assignments, loops, calls of the user's functions and datasets."""

    def __init__(self, source: Source, steps: list[Step]) -> None:
        self.source, self.steps, self.seen = source, steps, set()

    def back(self, expr: ast.expr | None, path: tuple[int, ...], depth: int) -> None:
        """path: which element of what `expr` gives, from the outside in."""
        if expr is None or depth > DEEP or (id(expr), path) in self.seen:
            return
        self.seen.add((id(expr), path))
        for part, rest in self.parts(expr, path):
            self.back(part, rest, depth + 1)

    def parts(self, expr: ast.expr, path: tuple[int, ...]) -> Iterator[tuple[ast.expr, tuple[int, ...]]]:
        """The expressions that this one takes its data from."""
        if isinstance(expr, (ast.Tuple, ast.List)):
            chosen = [expr.elts[path[0]]] if path and path[0] < len(expr.elts) else expr.elts
            yield from ((e, path[1:]) for e in chosen)
        elif isinstance(expr, (ast.Subscript, ast.Starred)):
            yield expr.value, path
        elif isinstance(expr, ast.BinOp):
            yield from ((e, path) for e in (expr.left, expr.right))
        elif isinstance(expr, ast.UnaryOp):
            yield expr.operand, path
        elif isinstance(expr, ast.IfExp):
            arms = [expr.body, expr.orelse]
            if all(isinstance(self.source.value(a), (int, float)) for a in arms):  # what says which: made here
                self.steps.append(Step(expr.lineno, expr))
            else:
                yield from ((a, path) for a in arms)
        elif isinstance(expr, ast.Call):
            yield from self.call(expr, path)
        elif isinstance(expr, (ast.ListComp, ast.GeneratorExp)):
            yield expr.elt, path
        elif isinstance(expr, (ast.Name, ast.Attribute)):
            yield from self.named(expr, path)

    def call(self, call: ast.Call, path: tuple[int, ...]) -> Iterator[tuple[ast.expr, tuple[int, ...]]]:
        name, args, first = last_name(call.func), call.args, path[0] if path else None
        if name in CONVERSIONS:
            self.steps.append(Step(call.lineno, call))
        inner = self.source.definition(name) or self.method(name, "__getitem__")
        if name == "enumerate" and args:
            yield args[0], path[1:]
        elif name in ("zip", "TensorDataset") and first is not None and first < len(args):
            yield args[first], path[1:]
        elif name == "train_test_split" and first is not None and first // 2 < len(args):
            yield args[first // 2], path[1:]
        elif name == "random_split" and args:
            yield args[0], path[1:]
        elif name in WRAPPERS and args:
            yield args[0], path
        elif inner is not None:
            yield from ((r.value, path) for r in ast.walk(inner) if isinstance(r, ast.Return) and r.value is not None)
        else:
            if isinstance(call.func, ast.Attribute) and last_name(call.func.value) not in ("torch", "np", "numpy", "F"):
                yield call.func.value, path
            yield from ((a, ()) for a in args)

    def method(self, owner: str, name: str) -> ast.FunctionDef | None:
        bodies = [n.body for n in self.source.nodes if isinstance(n, ast.ClassDef) and n.name == owner]
        return next((f for body in bodies for f in body if isinstance(f, ast.FunctionDef) and f.name == name), None)

    def named(
        self, expr: ast.Name | ast.Attribute, path: tuple[int, ...]
    ) -> Iterator[tuple[ast.expr, tuple[int, ...]]]:
        """Assignments, loops and parameters of this name: in its own function if there are any, else anywhere."""
        name = last_name(expr)
        scope = self.source.enclosing(expr, ast.FunctionDef) if isinstance(expr, ast.Name) else None
        inner = self.source.enclosing(expr, ast.FunctionDef, ast.Lambda)
        if isinstance(inner, ast.Lambda) and isinstance(expr, ast.Name) and name in {a.arg for a in inner.args.args}:
            found = list(self.given(inner, name))
        else:
            found = list(self.bound(name, scope)) if scope else []
        if not found:
            found = [
                b for b in self.bound(name, None) if scope is None or not isinstance(expr, ast.Name) or b[2] is None
            ]
        outer = [b for b in found if b[2] is None]  # a function's own names are not the file's
        if scope is None and outer and isinstance(expr, ast.Name) and not isinstance(inner, ast.Lambda):
            found = outer
        found = self.reaching(expr, found)
        for value, inner, _, line in sorted(found, key=lambda b: -b[0].lineno):
            if line and Step(line, value) not in self.steps:
                self.steps.append(Step(line, value))
            yield value, (*inner, *path)

    def reaching(self, expr: ast.Name | ast.Attribute, found: list[Bound]) -> list[Bound]:
        """Of a name, those bindings that it can still have at this place: of the loop or the comprehension around it, not
        those before that, and none further down; of an attribute, those of attributes where there are any."""
        given = [(b, self.source.parents.get(b[0])) for b in found]
        if isinstance(expr, ast.Attribute):
            own = [b for b, n in given if any(isinstance(t, ast.Attribute) for t in _targets(n))]
            return own or found
        home = self.source.enclosing(expr, ast.FunctionDef)
        there = [
            (b, n, reaches(self.source, n, expr)) for b, n in given if n is not None and b[2] is home and _targets(n)
        ]
        gone = [b for b, _, still in there if still is False]
        loops = [n for _, n, still in there if still or (isinstance(n, ast.For) and _inside(n, expr))]
        start = max((getattr(n, "lineno", 0) or n.target.lineno for n in loops), default=0)  # type: ignore[attr-defined]
        gone += [b for b, n, _ in there if start and n not in loops and getattr(n, "lineno", 0) < start]
        return [b for b in found if not any(b is g for g in gone)]

    def bound(self, name: str, scope: ast.AST | None) -> Iterator[Bound]:
        """(expression, element, the function it stands in, line where it is an assignment, else 0)."""
        for node in ast.walk(scope) if scope else self.source.nodes:
            home = self.source.enclosing(node, ast.FunctionDef)
            if isinstance(node, ast.Assign):
                pairs = [(t, node.value) for t in node.targets]
            elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and node.value is not None:
                pairs = [(node.target, node.value)]
            elif isinstance(node, (ast.For, ast.comprehension)):
                pairs = [(node.target, node.iter)]
            elif isinstance(node, ast.FunctionDef) and node is scope:
                yield from self.given(node, name)
                continue
            else:
                continue
            for target, value in pairs:
                for inner in _places(target, name):
                    yield value, inner, home, 0 if isinstance(node, (ast.For, ast.comprehension)) else node.lineno

    def given(self, function: Function, name: str) -> Iterator[Bound]:
        """What calls give for a parameter of the user's function."""
        yield from ((value, (), None, 0) for value in given(self.source, self.source, function, name))


def _targets(node: ast.AST | None) -> list[ast.expr]:
    """What an assignment, a loop or a comprehension gives values to."""
    if isinstance(node, ast.Assign):
        parts = [e for t in node.targets for e in (t.elts if isinstance(t, (ast.Tuple, ast.List)) else [t])]
        return parts
    return [node.target] if isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For, ast.comprehension)) else []


def _inside(loop: ast.For, expr: ast.expr) -> bool:
    """Is an expression in the body of a loop?"""
    return any(n is expr for part in loop.body for n in ast.walk(part))


def _places(target: ast.AST, name: str, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Where in a target (x, (y, z)) a name stands."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for i, e in enumerate(target.elts):
            yield from _places(e, name, (*path, i))
    elif isinstance(target, (ast.Name, ast.Attribute)) and last_name(target) == name:
        yield path
