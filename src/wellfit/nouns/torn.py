"""Torn: pairs (a picture and its mask) of which chance moves one to other places and leaves the other where it is."""

from __future__ import annotations

import ast
from typing import NamedTuple

from wellfit.nouns.source import Source, last_name
from wellfit.nouns.turns import axes, random

MOVING = frozenset(
    ("flip", "fliplr", "flipud", "rot90", "roll", "hflip", "vflip", "rotate", "affine", "perspective", "elastic_transform",
     "horizontal_flip", "vertical_flip", "shift", "grid_sample", "transpose", "swapaxes", "RandomHorizontalFlip",
     "RandomVerticalFlip", "RandomRotation", "RandomAffine", "RandomPerspective", "ElasticTransform")
)  # fmt: skip
"""Calls that move what a picture shows to other places."""
SEEDING = frozenset(("seed", "manual_seed", "set_state", "set_rng_state", "setstate", "get_params", "fork_rng"))
TURNING = frozenset(("permute", "transpose", "moveaxis", "movedim", "swapaxes", "to_tensor", "ToTensor"))


class Torn(NamedTuple):
    """One of a pair that is moved alone: where, its name, the other's, axes from the last of both moves (() where not
    known or where that one stays)."""

    move: ast.expr
    moved: str
    left: str
    axes: tuple[int, ...]
    other: tuple[int, ...] = ()


def torn(source: Source, batches: tuple[ast.AST, str, str] | None = None) -> Torn | None:
    """In a function that gives pairs (`return image, mask`), or in the loop over batches (the loop, the name of what is fed,
    the name of the target): a move by chance of one that the other does not follow."""
    functions = [n for n in source.nodes if isinstance(n, ast.FunctionDef)]
    known = [(f, *pair) for f in functions if (pair := _pair(f)) is not None]
    for scope, first, second in [*known, *([batches] if batches else [])]:
        called = {last_name(n.func) for n in ast.walk(scope) if isinstance(n, ast.Call)}
        steps = [n for n in ast.walk(scope) if isinstance(n, ast.Assign)] if not called & SEEDING else []
        for step in sorted(steps, key=lambda n: n.lineno):
            found = _alone(source, scope, step, first, second) or _alone(source, scope, step, second, first)
            if found is not None:
                return found
    return None


def _pair(function: ast.FunctionDef) -> tuple[str, str] | None:
    """The two names in what a function returns or yields, in every case the same two."""
    pairs = set()
    for n in ast.walk(function):
        value = n.value if isinstance(n, (ast.Return, ast.Yield)) else None
        if isinstance(value, ast.Tuple) and len(value.elts) == 2:
            names = [{x.id for x in ast.walk(e) if isinstance(x, ast.Name)} - {"torch", "np", "F"} for e in value.elts]
            if any(len(s) != 1 for s in names) or names[0] == names[1]:
                return None
            pairs.add((names[0].pop(), names[1].pop()))
        elif value is not None and not isinstance(value, ast.Constant):
            return None
    return pairs.pop() if len(pairs) == 1 else None


def _alone(source: Source, function: ast.AST, step: ast.Assign, own: str, other: str) -> Torn | None:
    given = _names(step.targets, ast.Store) | {t.value.id for t in step.targets
                                               if isinstance(t, ast.Subscript) and isinstance(t.value, ast.Name)}  # fmt: skip
    move = _move(source, step.value)
    if own not in given or other in given or move is None or _names([step.value], ast.Load) & {other}:
        return None
    if own not in _names([step.value], ast.Load):
        return None
    block, drawn = _event(source, function, step)
    if block is None:
        return None
    if any(t is not step and _changes(t, other) for t in ast.walk(block)):
        return _elsewhere(source, function, block, own, other, move)
    if any(_changes(t, other) and (drawn & _all(t) or drawn & _tested(source, t)) for t in ast.walk(function)):
        return None
    later = [t for t in ast.walk(function) if isinstance(t, ast.Assign) and t.lineno > step.lineno]
    if any(
        own in _names([v], ast.Load) and not _names([v], ast.Load) & {other} for t in later for v in _values(t, other)
    ):
        return None  # the other is made from it
    return Torn(move, own, other, axes(source, move) or ())


def _values(step: ast.Assign, name: str) -> list[ast.expr]:
    """What an assignment gives to this name, element by element where both sides are tuples."""
    to, value = step.targets[0], step.value
    if not isinstance(value, ast.Tuple) or not isinstance(to, ast.Tuple) or len(to.elts) != len(value.elts):
        return [value] if _changes(step, name) else []
    return [v for t, v in zip(to.elts, value.elts) if last_name(t) == name]


def _elsewhere(source: Source, function: ast.AST, block: ast.AST, own: str, other: str, move: ast.expr) -> Torn | None:
    """Both are moved by the same draw, but along other axes, both counted from the last, nothing else in the block."""
    steps = [n for n in ast.walk(block) if isinstance(n, ast.Assign)]
    if not isinstance(block, ast.If) or len(steps) != 2 or any(len(s.targets) > 1 for s in steps):
        return None
    called = {last_name(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
    second = next((s for s in steps if _changes(s, other)), None)
    follows = _move(source, second.value) if second is not None else None
    ways = [_written(m) for m in (move, follows)]
    if follows is None or None in ways or ways[0] == ways[1] or called & TURNING:
        return None
    return Torn(move, own, other, (ways[0] or 0,), (ways[1] or 0,))


def _written(move: ast.expr | None) -> int | None:
    """The axis below zero that `.flip(-1)` or `.flip(dims=(-1,))` is given."""
    if not isinstance(move, ast.Call) or last_name(move.func) != "flip":
        return None
    given = [*move.args[-1:], *(k.value for k in move.keywords)]
    try:
        value = ast.literal_eval(given[-1]) if given else None
    except ValueError:
        return None
    value = value[0] if isinstance(value, (tuple, list)) and len(value) == 1 else value
    return value if isinstance(value, int) and value < 0 else None


def _event(source: Source, function: ast.AST, step: ast.Assign) -> tuple[ast.AST | None, set[str]]:
    """(the branch or statement that one draw decides on, the names that hold draws it depends on); None: no draw."""
    held = {
        x.id for n in ast.walk(function) if isinstance(n, ast.Assign) and random(n.value)
        for t in n.targets for x in ast.walk(t) if isinstance(x, ast.Name)
    }  # fmt: skip
    held -= _names([step], ast.Store)
    at: ast.AST | None = source.parents.get(step)
    while at is not None and at is not function:
        if isinstance(at, ast.If) and (random(at.test) or _all(at.test) & held):
            return at, _all(at.test) & held
        at = source.parents.get(at)
    if random(step.value) or _all(step.value) & held or _draws(source, step.value):
        return step, _all(step.value) & held
    return None, set()


def _tested(source: Source, step: ast.AST) -> set[str]:
    """Names in the tests of the branches around a statement."""
    found, at = set(), source.parents.get(step)
    while at is not None and not isinstance(at, ast.FunctionDef):
        if isinstance(at, (ast.If, ast.For)):
            found |= _all(at.test if isinstance(at, ast.If) else at.iter)
        at = source.parents.get(at)
    return found


def _changes(step: ast.AST, name: str) -> bool:
    if not isinstance(step, (ast.Assign, ast.AugAssign)):
        return False
    targets = step.targets if isinstance(step, ast.Assign) else [step.target]
    return any(isinstance(x, ast.Name) and x.id == name for t in targets for x in ast.walk(t))


def _move(source: Source, value: ast.expr) -> ast.expr | None:
    """The expression in it that moves places: a call, `x[:, ::-1]`, or a transform that is made of such calls."""
    for n in ast.walk(value):
        if isinstance(n, ast.Subscript) and axes(source, n) is not None:
            return n
        if isinstance(n, ast.Call) and (last_name(n.func) in MOVING or _draws(source, n)):
            along = axes(source, n)
            return n if along is None or max(along) > -3 else None
    return None


def _draws(source: Source, value: ast.expr) -> bool:
    """Is it a call of a transform made of random moves (`self.flip = RandomHorizontalFlip()`, a Compose of such)?"""
    if not isinstance(value, ast.Call):
        return False
    made = [a.value for a in source.assignments(last_name(value.func)) if a.value is not None]
    inner = {last_name(n.func) for m in made for n in ast.walk(m) if isinstance(n, ast.Call)}
    return any(w in MOVING and w.startswith("Random") for w in inner)


def _names(trees: list, context: type) -> set[str]:
    return {x.id for t in trees for x in ast.walk(t) if isinstance(x, ast.Name) and isinstance(x.ctx, context)}


def _all(tree: ast.AST) -> set[str]:
    return {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}
