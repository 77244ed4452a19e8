"""Plain: a data set as it is without one of its random transforms, or without all of them."""

from __future__ import annotations

import ast
import copy
import random as chance
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site, each
from wellfit.nouns.turns import turns

FLAGS = frozenset(
    ("augment", "augmentation", "aug", "train", "training", "is_train", "random", "jitter", "flip", "mixup", "noise")
)
"""Attributes that switch a data set's transforms on where they are True."""
MOST_ROWS, MOST_SWITCHES = 1500, 4
"""Examples that are asked for anew, and transforms that are left out in turn: fetching is the user's own code."""
ASKED, SOON_S = 150, 0.5
"""About so many examples are asked for to find what is random; seconds that a mere suspicion may take for it."""
DRAWS = 6
"""Times the same example is asked for: one that is drawn with probability one half differs in 97 of 100."""


class Switch(NamedTuple):
    """One random transform: kind: its class's, function's or attribute's name; held: the transform, or True; put: (what
    stands in its place) -> a copy of the data set."""

    kind: str
    held: Any
    put: Callable[[Any], Any]

    @property
    def without(self) -> Any:
        """The data set with it left out."""
        return self.put(False if self.held is True else _as_it_is)


def switches(dataset: Any) -> tuple[list[Switch], Any] | None:
    """The random transforms of a data set, and a copy that lacks them all and always gives the same; None where there
    are none, or something else in it is random too."""
    with _chance_kept():
        at = [0, len(dataset) // 2, len(dataset) - 1]
        if not len(dataset) or not _restless(dataset, at):
            return None
        found, bare = [], dataset
        for flags in (False, True):  # what a flag does is seen once nothing else is random
            base = bare
            for one in [s for s in _candidates(base) if (s.held is True) == flags]:
                if _random(one, at) and _works(one.without, at):
                    found += [s for s in _candidates(dataset) if s.held is one.held and s.kind == one.kind][:1]
                    bare = next(s for s in _candidates(bare) if s.held is one.held and s.kind == one.kind).without
        return (found, bare) if found and _works(bare, at) and not _restless(bare, at) else None


def transformed(program: Program) -> bool:
    """Has a data set of the program's loaders random transforms that can be left out?"""
    sets = {id(x.loader.dataset): x.loader.dataset for x in program.loaders if x.loader is not None}
    sized = [s for s in sets.values() if hasattr(s, "__getitem__") and hasattr(s, "__len__")]
    try:
        return any(_cost_s(s) * ASKED < SOON_S and switches(s) is not None for s in sized)
    except Exception:  # the user's own code, asked out of its turn
        return False


def examples(dataset: Any, rows: list[int], collate: Callable[[list[Any]], Any]) -> list[Tensor]:
    """These examples as the loader would put them together."""
    with _chance_kept():
        return list(each(collate([dataset[i] for i in rows]), Tensor))


class Plain(NamedTuple):
    """switch; trained: (inputs, targets) batches without it; the same rows for all switches."""

    switch: Switch
    trained: list[tuple[Tensor, Tensor]]


Plains = tuple[list[Plain], list[tuple[Tensor, Tensor]]]


def plain(program: Program, x: Tensor, y: Tensor, budget_s: float) -> Plains | None:
    """For each random transform of the data set that batches like x [B, ...] with targets y [B, ...] came from, and last for
    all together: batches without it, and batches to judge on, of other rows, without any. None where there is no such
    transform or the batches of the loader are not what the network is fed, and where examples come so slowly that asking
    would take more than `budget_s` seconds; as many are taken as come in that time."""
    for seen in program.loaders:
        loader, n = seen.loader, len(x)
        rows = min(seen.examples or 0, MOST_ROWS)
        if loader is None or loader.batch_size != n or rows < 5 * n or not hasattr(loader.dataset, "__getitem__"):
            continue
        cost = _cost_s(loader.dataset)
        found = switches(loader.dataset) if cost * ASKED < budget_s / 2 else None
        if found is None:
            continue
        rows = min(rows, int(budget_s / 2 / (cost * (min(len(found[0]), MOST_SWITCHES) + 2))))
        if rows < 5 * n:
            continue
        with _chance_kept():
            picked = np.random.default_rng(0).permutation(seen.examples or 0)[:rows].tolist()
        parts = [picked[i : i + n] for i in range(0, rows - n + 1, n)]
        kept = max(len(parts) // 5, 1)
        made = lambda dataset, chosen, collate=loader.collate_fn: [
            pair for p in chosen if (pair := _pair(examples(dataset, p, collate), x, y)) is not None
        ]
        held = made(found[1], parts[:kept])
        if len(held) < kept:
            return None
        tried = [Plain(s, made(s.without, parts[kept:])) for s in found[0][:MOST_SWITCHES]]
        if len(tried) > 1:
            tried.append(Plain(found[0][0]._replace(kind="every random transform"), made(found[1], parts[kept:])))
        return [t for t in tried if t.trained], held
    return None


def _cost_s(dataset: Any) -> float:
    """Seconds that an example takes: the least of three, for the first one may open files."""
    taken = []
    with _chance_kept():
        for i in range(min(len(dataset), 3)):
            begun = perf_counter()
            dataset[i]
            taken.append(perf_counter() - begun)
    return max(min(taken, default=0.0), 1e-6)


def _pair(parts: list[Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor] | None:
    """Inputs and targets as the loop feeds them, where the loader gives just that."""
    alike = lambda t, like: t.shape == like.shape and t.dtype == like.dtype
    if len(parts) != 2 or not alike(parts[0], x) or not alike(parts[1], y):
        return None
    return parts[0], parts[1]


def written(program: Program, switch: Switch) -> Site | None:
    """The line that puts this transform to use."""
    if switch.held is True:
        return _under(program, switch.kind)
    best: tuple[int, Site] | None = None
    held = dict(getattr(switch.held, "__dict__", {}))
    for path, source in program.sources.items():
        for call in source.calls(switch.kind):
            given = [source.value(a) for a in (*call.args, *(k.value for k in call.keywords))]
            fits = sum(v is not None and v in held.values() for v in given)
            if best is None or fits > best[0]:
                best = (fits, Site(path, call.lineno))
        for node in source.nodes:
            used = isinstance(node, ast.Name) and node.id == switch.kind
            if best is None and used and not isinstance(source.parents.get(node), ast.Call):
                best = (0, Site(path, getattr(node, "lineno", 1)))
    return best[1] if best else None


def _under(program: Program, flag: str) -> Site | None:
    """The first statement that gives something another value where this attribute is asked."""
    for path, source in program.sources.items():
        for node in source.nodes:
            asked = isinstance(node, ast.If) and any(
                isinstance(n, ast.Attribute) and n.attr == flag for n in ast.walk(node.test)
            )
            given = [n for n in ast.walk(node) if isinstance(n, (ast.Assign, ast.AugAssign))] if asked else []
            if given:
                first = min(given, key=lambda n: n.lineno)
                return Site(path, _turn(source, first) or first.lineno)
    return None


def _turn(source: Source, given: ast.Assign | ast.AugAssign) -> int | None:
    """Of a function of the user's that a statement calls, the line of its only flip or turn: of what it does at random (an
    offset, a factor, noise), that alone changes the order of what a label may be told by."""
    called = {last_name(n.func) for n in ast.walk(given.value) if isinstance(n, ast.Call)}
    inside = [f for f in source.nodes if isinstance(f, ast.FunctionDef) and f.name in called]
    lines = [n.lineno for n, _, _ in turns(source) for f in inside if f.lineno <= n.lineno <= (f.end_lineno or 0)]
    return lines[0] if len(lines) == 1 else None


def _candidates(dataset: Any) -> Iterator[Switch]:
    """Everything in it that may be a transform."""
    inner = getattr(dataset, "dataset", None)
    if inner is not None and hasattr(inner, "__getitem__"):  # a subset
        for s in _candidates(inner):
            yield s._replace(put=lambda new, s=s: _with(dataset, "dataset", s.put(new)))
    for name, value in list(getattr(dataset, "__dict__", {}).items()):
        if value is True and name in FLAGS:
            yield Switch(name, True, lambda new, name=name: _with(dataset, name, new))
        elif _steps(value):
            for key, steps in _steps(value).items():
                for i, step in enumerate(steps):
                    put = lambda new, at=(name, value, key, steps, i): _with(
                        dataset, at[0], _with(at[1], at[2], [*at[3][: at[4]], new, *at[3][at[4] + 1 :]])
                    )
                    yield Switch(_kind(step), step, put)
        elif callable(value) and not isinstance(value, type) and name != "dataset":
            yield Switch(_kind(value), value, lambda new, name=name: _with(dataset, name, new))


def _steps(value: Any) -> dict[str, list[Any]]:
    """Lists of transforms that an object composes."""
    held = getattr(value, "__dict__", {})
    return {k: list(v) for k, v in held.items() if isinstance(v, (list, tuple)) and v and all(map(callable, v))}


def _with(owner: Any, name: str, value: Any) -> Any:
    made = copy.copy(owner)
    made.__dict__[name] = value
    return made


def _as_it_is(*given: Any) -> Any:
    return given[0] if len(given) == 1 else given


def _kind(step: Any) -> str:
    return getattr(step, "__name__", type(step).__name__)


def _numbers(held: Any) -> list[Any]:
    return [np.asarray(t) for kind in (Tensor, np.ndarray, float, int) for t in each(held, kind)]


def _restless(dataset: Any, at: list[int]) -> bool:
    """Does it give other numbers when it is asked again?"""
    first = [_numbers(dataset[i]) for i in at]
    return any(not _alike(a, _numbers(dataset[i])) for _ in range(DRAWS) for i, a in zip(at, first))


def _random(switch: Switch, at: list[int]) -> bool:
    """Does it give other numbers for the same argument?"""
    if switch.held is True:
        return not _restless(switch.put(False), at)
    differs: list[bool] = []

    def twice(*given: Any) -> Any:
        first, *others = (switch.held(*copy.deepcopy(given)) for _ in range(DRAWS))
        differs.append(any(not _alike(_numbers(first), _numbers(o)) for o in others))
        return first

    return _works(switch.put(twice), at) and any(differs)


def _works(dataset: Any, at: list[int]) -> bool:
    try:
        for i in at:
            dataset[i]
    except Exception:
        return False
    return True


def _alike(a: list[Any], b: list[Any]) -> bool:
    same = lambda x, y: np.array_equal(np.asarray(x), np.asarray(y), equal_nan=np.asarray(x).dtype.kind == "f")
    return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))


@contextmanager
def _chance_kept() -> Iterator[None]:
    """The random generators as they were, afterwards."""
    kept = chance.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        chance.setstate(kept[0])
        np.random.set_state(kept[1])
