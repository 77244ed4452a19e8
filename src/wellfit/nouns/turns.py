"""Turns: random transforms that are written in the user's files: what draws at random, what flips which axes."""

from __future__ import annotations

import ast
from collections.abc import Callable

import torch
from torch import Tensor

from wellfit.nouns.drawn import beyond, played
from wellfit.nouns.source import Source, last_name

RANDOM = frozenset(
    ("rand", "random", "randint", "randn", "choice", "uniform", "bernoulli", "integers", "normal", "rand_like", "randn_like",
     "binomial", "getrandbits", "random_sample", "randrange", "standard_normal")
)  # fmt: skip
ACROSS = frozenset(("RandomHorizontalFlip", "fliplr", "hflip", "horizontal_flip"))
UPSIDE = frozenset(("RandomVerticalFlip", "flipud", "vflip", "vertical_flip"))
TURNS = frozenset(("RandomRotation", "rot90", "rotate"))


def draws(source: Source, func: ast.expr) -> bool:
    """Does this function, or what this name was given, draw at random?"""
    name = last_name(func)
    bodies: list[ast.AST] = [
        n for n in source.nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == name
    ]
    bodies += [a.value for a in source.assignments(name) if a.value is not None]
    bodies += [n.value for n in source.nodes if isinstance(n, ast.keyword) and n.arg == name]
    inner = [last_name(n) for b in bodies for n in ast.walk(b) if isinstance(n, (ast.Name, ast.Attribute))]
    bodies += [n for n in source.nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name in inner]
    return any(random(b) for b in bodies)


def random(tree: ast.AST) -> bool:
    """Is something in it drawn at random?"""
    return any(
        isinstance(n, ast.Call)
        and (last_name(n.func).rstrip("_") in RANDOM or last_name(n.func).startswith(("Random", "ColorJitter")))
        for n in ast.walk(tree)
    )


def turns(source: Source) -> list[tuple[ast.expr, str, Callable[[Tensor], Tensor | None]]]:
    """Flips and turns in the source that nothing but chance decides on and that leave the target alone. Where such a
    branch does more to the example than flip it (a sign that turns with a wind), all of it is done; where that is more
    than can be done here, it is left out."""
    found, done = [], set()
    for n in source.nodes:
        along = axes(source, n)
        if along is None or not isinstance(n, ast.expr):
            continue
        drawn = last_name(n.func).startswith("Random") if isinstance(n, ast.Call) else False
        block = source.enclosing(n, ast.If, ast.IfExp, ast.FunctionDef)
        if not drawn and not (block is not None and _chance(source, n)):
            continue
        if isinstance(block, (ast.If, ast.FunctionDef)) and not drawn and _both(source, n, block):
            continue
        word = "a flip" if along != (-1, -2) else "a turn"
        whole = source.enclosing(n, ast.stmt) if drawn else at_chance(source, n)
        if id(whole) in done:
            continue
        done.add(id(whole))
        turn = None if drawn or whole is None or whole is n else played(whole, _of_batches(source, n))
        if turn is None and not drawn and whole is not None and beyond(whole, n):
            continue
        found.append((n, word, turn or (lambda x, along=along: flip(x, along))))
    return found


def flip(x: Tensor, along: tuple[int, ...]) -> Tensor | None:
    """Examples [N, ...] flipped along these axes, or turned by 90 degrees for (-1, -2); None where they lack them."""
    if x.ndim < 2 + (len(along) > 1) or (along == (-2,) and x.ndim < 3):
        return None
    return torch.rot90(x, 1, (-2, -1)) if along == (-1, -2) and x.shape[-1] == x.shape[-2] else x.flip(along)


def at_chance(source: Source, n: ast.AST) -> ast.AST | None:
    """What chance decides on: the innermost branch around n whose test draws at random, else the whole expression."""
    at: ast.AST | None = n
    while at is not None and not isinstance(at, ast.FunctionDef):
        if isinstance(at, (ast.If, ast.IfExp)) and (random(at.test) or _drawn(source, at.test, None)):
            return at
        at = source.parents.get(at)
    return source.enclosing(n, ast.Assign, ast.Return, ast.Expr)


def _of_batches(source: Source, n: ast.AST) -> bool:
    """Does it stand beside the training step, and so get whole batches?"""
    function = source.enclosing(n, ast.FunctionDef) or source.tree
    return any(isinstance(x, ast.Call) and last_name(x.func) == "backward" for x in ast.walk(function))


def _chance(source: Source, n: ast.AST) -> bool:
    """Is it done by chance: in a branch, or with an index, that draws at random?"""
    at: ast.AST | None = n
    while at is not None and not isinstance(at, ast.FunctionDef):
        if isinstance(at, (ast.If, ast.IfExp)) and (random(at.test) or _drawn(source, at.test, None)):
            return True
        at = source.parents.get(at)
    statement = source.enclosing(n, ast.Assign, ast.Return, ast.Expr)
    return statement is not None and (random(statement) or _drawn(source, statement, getattr(n, "lineno", 0)))


def _drawn(source: Source, tree: ast.AST, before: int | None) -> bool:
    """Is a name in it given a random value (on an earlier line)?"""
    given = [a for x in ast.walk(tree) if isinstance(x, ast.Name) for a in source.assignments(x.id)]
    return any(a.value is not None and random(a.value) and (before is None or a.lineno < before) for a in given)


def _both(source: Source, n: ast.AST, block: ast.If | ast.FunctionDef) -> bool:
    """Is something else changed in the same branch, the label most likely?"""
    if isinstance(block, ast.FunctionDef):
        return False
    function = source.enclosing(block, ast.FunctionDef) or source.tree
    if sum(isinstance(x, ast.If) and ast.dump(x.test) == ast.dump(block.test) for x in ast.walk(function)) > 1 and not (
        random(block.test)
    ):
        return True  # the same draw decides on something else too
    names = {
        last_name(t) if not isinstance(t, ast.Subscript) else last_name(t.value)
        for s in ast.walk(block)
        if isinstance(s, (ast.Assign, ast.AugAssign))
        for t in (s.targets if isinstance(s, ast.Assign) else [s.target])
    }
    return len(names) > 1 or any(
        isinstance(t, ast.Tuple) for s in ast.walk(block) if isinstance(s, ast.Assign) for t in s.targets
    )


def axes(source: Source, n: ast.AST) -> tuple[int, ...] | None:
    """Axes, from the last, that an expression flips; (-1, -2) for a turn."""
    if isinstance(n, ast.Subscript):
        parts = n.slice.elts if isinstance(n.slice, ast.Tuple) else [n.slice]
        back = [
            i
            for i, p in enumerate(parts)
            if isinstance(p, ast.Slice) and p.step is not None and source.value(p.step) == -1
        ]
        if not back:
            return None
        return (back[0] - len(parts),) if len(parts) > 1 else (-1,)
    if not isinstance(n, ast.Call):
        return None
    name = last_name(n.func)
    if name in ACROSS:
        return (-1,)
    if name in UPSIDE:
        return (-2,)
    if name in TURNS:
        size = source.value(n.args[0]) if n.args and name == "RandomRotation" else 90
        return (-1, -2) if isinstance(size, (int, float)) and size >= 60 else None
    if name != "flip":
        return None
    given = source.keyword(n, "dims", "axis") or (n.args[-1] if n.args else None)
    value = source.value(given)
    value = value[0] if isinstance(value, (list, tuple)) and value else value
    if not isinstance(value, int):
        return None
    function = source.enclosing(n, ast.FunctionDef)
    single = isinstance(function, ast.FunctionDef) and function.name == "__getitem__"
    return (value,) if value < 0 else (value - (3 if single else 4),) if value - (3 if single else 4) < 0 else None
