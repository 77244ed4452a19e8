"""A transform changes what the label says, or is applied where it must not be."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable

import torch
from torch import Tensor

from wellfit.nouns import control
from wellfit.nouns.fed import Held, built, evaluated, inputs_chain
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site
from wellfit.nouns.units import figure

KNOWN, LOST = 0.5, 0.35
"""Skill on untouched examples that the control must have, and skill lost on turned ones that speaks against turning."""
RANDOM = frozenset(
    ("rand", "random", "randint", "randn", "choice", "uniform", "bernoulli", "integers", "normal", "rand_like", "randn_like",
     "binomial", "getrandbits", "random_sample", "randrange", "standard_normal")
)  # fmt: skip
ACROSS = frozenset(("RandomHorizontalFlip", "fliplr", "hflip", "horizontal_flip"))
UPSIDE = frozenset(("RandomVerticalFlip", "flipud", "vflip", "vertical_flip"))
TURNS = frozenset(("RandomRotation", "rot90", "rotate"))


def augmentation_unsuitable(program: Program) -> Finding | None:
    """Sees: a random transform called once for a picture and once more for its mask; the same evaluation set other in
    each epoch; flips or turns under which a control can no longer tell the labels.
    Hurts: pictures and masks no longer belong together; labels say something else than the picture; scores are noise.
    Mistaken for: labels-misaligned, capacity-too-small. Flips of data that looks the same flipped do no harm.
    Remedy: one draw for both; no random transform in evaluation; leave out what the label does not allow.
    Source: kernel regression on untouched examples (nouns/control.py), asked about turned ones."""
    for source in program.sources.values():
        found = _twice(source)
        if found is not None:
            return found
    return _restless(program) or _turned(program)


def _finding(summary: str, evidence: str, remedy: str, sure: float, site: Site | None) -> Finding:
    file, line = (site.file, site.line) if site else (None, None)
    return Finding("augmentation-unsuitable", "error", summary, evidence, remedy, sure, None, file, line, limit=LOST)


def _twice(source: Source) -> Finding | None:
    """`image, mask = flip(image), flip(mask)` where each call draws anew."""
    for function in (
        n
        for n in source.nodes
        if isinstance(n, ast.FunctionDef) and n.name in ("__getitem__", "__iter__", "collate", "collate_fn")
    ):
        calls = [
            n
            for n in ast.walk(function)
            if isinstance(n, ast.Call) and len(n.args) == 1 and isinstance(n.args[0], (ast.Name, ast.Subscript))
        ]
        given = {
            x.id
            for r in ast.walk(function)
            if isinstance(r, (ast.Return, ast.Yield)) and isinstance(r.value, ast.Tuple)
            for x in ast.walk(r.value)
            if isinstance(x, ast.Name)
        }
        for i, a in enumerate(calls):
            for b in calls[i + 1 :]:
                if ast.dump(a.func) != ast.dump(b.func) or ast.dump(a.args[0]) == ast.dump(b.args[0]):
                    continue
                ends = [_goes_to(source, c) for c in (a, b)]
                inline = all(_returned(source, c, function) for c in (a, b))
                if (
                    ends[0] != ends[1]
                    and (inline or all(e in given for e in ends))
                    and _draws(source, a.func, function)
                    and not _seeded(function)
                ):
                    return _finding(
                        "a random transform is drawn anew for the target", f"{ast.unparse(a)} and {ast.unparse(b)} each draw for themselves",
                        "draw once and apply it to both, for instance to the two stacked", 0.95, Site(source.path, a.lineno),
                    )  # fmt: skip
    return None


def _goes_to(source: Source, call: ast.Call) -> str:
    """The name that the result is given to, else the text of the call."""
    at = source.parents.get(call)
    while isinstance(at, (ast.Call, ast.Attribute, ast.Subscript)):
        at = source.parents.get(at)
    if (
        isinstance(at, ast.Tuple)
        and isinstance(up := source.parents.get(at), ast.Assign)
        and isinstance(up.targets[0], ast.Tuple)
    ):
        places = [i for i, e in enumerate(at.elts) if any(n is call for n in ast.walk(e))]
        return last_name(up.targets[0].elts[places[0]]) if places else ""
    return last_name(at.targets[0]) if isinstance(at, ast.Assign) else ast.unparse(call)


def _returned(source: Source, call: ast.Call, function: ast.FunctionDef) -> bool:
    return isinstance(source.enclosing(call, ast.Return, ast.Yield, ast.FunctionDef), (ast.Return, ast.Yield))


def _seeded(function: ast.FunctionDef) -> bool:
    names = {last_name(n.func) for n in ast.walk(function) if isinstance(n, ast.Call)}
    return bool(names & {"seed", "manual_seed", "set_state", "set_rng_state", "setstate"})


def _draws(source: Source, func: ast.expr, function: ast.FunctionDef) -> bool:
    """Does this function, or what this name was given, draw at random?"""
    name = last_name(func)
    bodies: list[ast.AST] = [
        n for n in source.nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name == name
    ]
    bodies += [a.value for a in source.assignments(name) if a.value is not None]
    bodies += [n.value for n in source.nodes if isinstance(n, ast.keyword) and n.arg == name]
    inner = [last_name(n) for b in bodies for n in ast.walk(b) if isinstance(n, (ast.Name, ast.Attribute))]
    bodies += [n for n in source.nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef)) and n.name in inner]
    return any(_random(b) for b in bodies)


def _random(tree: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Call)
        and (last_name(n.func) in RANDOM or last_name(n.func).startswith(("Random", "ColorJitter")))
        for n in ast.walk(tree)
    )


def _restless(program: Program) -> Finding | None:
    """The same targets evaluated again with other inputs."""
    before: dict[tuple, Held] = {}
    for h in evaluated(program):
        if h.targets is None or len(h.inputs) < 16 or h.targets.numel() < 16 or len(torch.unique(h.targets)) < 2:
            continue
        key = (h.seen.node.site, tuple(h.inputs.shape), hash(h.targets.numpy().tobytes()))
        old = before.setdefault(key, h)
        if (
            old.index < h.index
            and h.inputs.is_floating_point()
            and not torch.equal(old.inputs.nan_to_num(), h.inputs.nan_to_num())
        ):
            changed = float((old.inputs != h.inputs).double().mean())
            return _finding(
                "evaluation data pass through a random transform", f"{figure(100 * changed, 2)} % of the values of one evaluation batch "
                f"with the same targets changed from step {old.index} to step {h.index}",
                "transform training data only; give the evaluation set a transform of its own", 0.9, _drawn(program, h),
            )  # fmt: skip
    return None


def _drawn(program: Program, h: Held) -> Site | None:
    """Where an evaluation set is given its transform: what it is made from."""
    chain = inputs_chain(program, h.seen.node)
    for spot in chain:
        function = spot.source.enclosing(spot.expr, ast.FunctionDef)
        if _random(spot.expr) or (
            isinstance(spot.expr, ast.Call) and _draws(spot.source, spot.expr.func, ast.FunctionDef())
        ):
            return Site(spot.source.path, spot.line)
        if isinstance(function, ast.FunctionDef) and function.name == "__getitem__" and _random(function):
            return Site(
                spot.source.path, next(n.lineno for n in ast.walk(function) if isinstance(n, ast.Call) and _random(n))
            )
    return built(chain)


def _turned(program: Program) -> Finding | None:
    """Flips and turns under which the labels are lost."""
    held = [h for h in evaluated(program) if h.targets is not None and h.inputs.is_floating_point()]
    if not held:
        return None
    shape = held[-1].inputs.shape[1:]
    rows = [h for h in held if h.inputs.shape[1:] == shape and h.index == held[-1].index]
    x, y = torch.cat([h.inputs for h in rows]), torch.cat([h.targets for h in rows if h.targets is not None])
    if len(x) < 60 or len(x) != len(y):
        return None
    for source in program.sources.values():
        for node, word, turn in _turns(source):
            order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
            a, b = order[: len(x) * 2 // 3], order[len(x) * 2 // 3 :]
            other = turn(_square(x[b]))
            if other is None:
                continue
            plain = control.learnt(x[a], y[a], x[b], y[b], raw=True)
            lost = control.learnt(x[a], y[a], other.reshape(x[b].shape), y[b], raw=True)
            if plain is not None and lost is not None and plain > KNOWN and lost < plain - LOST:
                return _finding(
                    f"{word} changes what the labels say", f"skill of kernel regression (1 perfect, 0 a constant) on untouched examples "
                    f"{figure(plain, 2)}, on the same ones after it {figure(lost, 2)}",
                    "leave it out, or change the labels with it", 0.9, Site(source.path, node.lineno),
                )  # fmt: skip
    return None


def _square(x: Tensor) -> Tensor:
    """Flat pictures as squares."""
    side = math.isqrt(x[0].numel())
    return x.reshape(len(x), side, side) if x.ndim == 2 and side * side == x[0].numel() else x


def _turns(source: Source) -> list[tuple[ast.expr, str, Callable[[Tensor], Tensor | None]]]:
    """Flips and turns in the source that nothing but chance decides on and that leave the target alone."""
    found = []
    for n in source.nodes:
        axes = _axes(source, n)
        if axes is None or not isinstance(n, ast.expr):
            continue
        random = last_name(n.func).startswith("Random") if isinstance(n, ast.Call) else False
        block = source.enclosing(n, ast.If, ast.IfExp, ast.FunctionDef)
        if not random and not (block is not None and _chance(source, n)):
            continue
        if isinstance(block, (ast.If, ast.FunctionDef)) and not random and _both(source, n, block):
            continue
        word = "a flip" if axes != (-1, -2) else "a turn"
        found.append((n, word, lambda x, axes=axes: _flip(x, axes)))
    return found


def _flip(x: Tensor, axes: tuple[int, ...]) -> Tensor | None:
    if x.ndim < 2 + (len(axes) > 1) or (axes == (-2,) and x.ndim < 3):
        return None
    return torch.rot90(x, 1, (-2, -1)) if axes == (-1, -2) and x.shape[-1] == x.shape[-2] else x.flip(axes)


def _chance(source: Source, n: ast.AST) -> bool:
    """Is it done by chance: in a branch, or with an index, that draws at random?"""
    at: ast.AST | None = n
    while at is not None and not isinstance(at, ast.FunctionDef):
        test = at.test if isinstance(at, (ast.If, ast.IfExp)) else None
        if test is not None and (
            _random(test)
            or any(
                _random(a.value)
                for x in ast.walk(test)
                if isinstance(x, ast.Name)
                for a in source.assignments(x.id)
                if a.value
            )
        ):
            return True
        at = source.parents.get(at)
    statement = source.enclosing(n, ast.Assign, ast.Return, ast.Expr)
    names = {x.id for x in ast.walk(statement) if isinstance(x, ast.Name)} if statement else set()
    return (statement is not None and _random(statement)) or any(
        _random(a.value)
        for x in names
        for a in source.assignments(x)
        if a.value and not isinstance(a.value, ast.Name) and a.lineno < n.lineno
    )  # type: ignore[attr-defined]


def _both(source: Source, n: ast.AST, block: ast.If | ast.FunctionDef) -> bool:
    """Is something else changed in the same branch, the label most likely?"""
    if isinstance(block, ast.FunctionDef):
        return False
    names = {
        last_name(t) if not isinstance(t, ast.Subscript) else last_name(t.value)
        for s in ast.walk(block)
        if isinstance(s, (ast.Assign, ast.AugAssign))
        for t in (s.targets if isinstance(s, ast.Assign) else [s.target])
    }
    return len(names) > 1 or any(
        isinstance(t, ast.Tuple) for s in ast.walk(block) if isinstance(s, ast.Assign) for t in s.targets
    )


def _axes(source: Source, n: ast.AST) -> tuple[int, ...] | None:
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
