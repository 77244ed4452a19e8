"""Validation or test examples, or statistics of them, reach training."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from functools import cache

import torch
from torch import Tensor

from wellfit.nouns import encodings, leaks
from wellfit.nouns.copies import HELD, copies
from wellfit.nouns.fed import Held, built, evaluated, inputs_chain, loader, trained
from wellfit.nouns.finding import Finding
from wellfit.nouns.picked import picked
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site
from wellfit.nouns.told import SURER, told_apart
from wellfit.nouns.units import percent

SHARED = 0.1
"""Share of evaluated rows that were trained on as well above which it is no accident."""
ALL = 0.98
"""Above this share it is the training set that is evaluated, as many programs do on purpose."""
AGAIN = 0.9
"""Share of evaluated rows above which they are (a part of) the training set, shown on purpose."""
WINDOWS = 0.4
"""Share of evaluated windows that overlap with trained ones by half; after a cut in time only those at the cut do."""
MANY = 16
"""Different targets from which on it is no accident that they agree with inputs."""
VALUES = 4
"""Different values that a row must hold to be told apart from others by them."""
BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
"""Bytes of a number -> the whole numbers of as many bits."""
COPYING = (
    "repeat", "tile", "concatenate", "cat", "vstack", "resample", "sample", "fit_resample", "repeat_interleave", "choice",
    "concat", "hstack", "RandomOverSampler", "SMOTE", "sliding_window_view", "unfold",
)  # fmt: skip
MULTIPLYING = (
    "repeat", "tile", "resample", "sample", "fit_resample", "repeat_interleave", "choice", "choices", "SMOTE",
    "RandomOverSampler",
)  # fmt: skip
SPLITTING = (
    "train_test_split", "random_split", "permutation", "randperm", "split", "shuffle", "KFold", "StratifiedKFold",
)  # fmt: skip
HELD_OUT = re.compile(r"(?i)val|test|dev|held|eval|hold")
"""How what is kept from training is called."""
DIVIDING = ("train_test_split", "random_split", "KFold", "StratifiedKFold", "ShuffleSplit")
"""What copies rows, and what divides them."""


def data_leak(program: Program) -> Finding | None:
    """Sees: rows (or the greater part of windows) that were trained on and are evaluated too, while the evaluated set is
    not the training set; a scaling, a selection of features or an encoding by the target that is fitted to all rows before
    they are divided (in the source), or to a fold's own rows; a number of the inputs that is the target itself, in every
    row.
    Hurts: the score measures memory, and promises what new data will not keep.
    Mistaken for: a good result. A training accuracy on the training set, and data of few values, are left out.
    Remedy: split first, then repeat, balance, window and select on the training part alone.
    Source: Kapoor and Narayanan 2023, Leakage and the reproducibility crisis in machine-learning-based science."""
    return _whole(program) or _rows(program) or _inside(program) or _fitted(program) or _encoded(program)


def _rows(program: Program) -> Finding | None:
    batches = trained(program)
    held = [h for h in evaluated(program) if h.index >= 1 and not picked(program, h.seen.node)]
    if not batches or not held:
        return None
    ends = [h for h in held if h.index >= program.steps - 1] or held[-4:]
    said = _rows_shared(program, [g.inputs for g in batches if g.index < ends[-1].index], ends)
    said = said or _windows_shared([g.inputs for g in batches], [h.inputs for h in ends])
    said = said or _again(program, [g.inputs for g in batches], held)
    if said is None:
        return None
    evidence, site = said
    site = site or _copied(program)
    return Finding(
        "data-leak", "error", "examples that the network was trained on are in what it is evaluated on", evidence,
        "split before rows are repeated, balanced or cut into windows, and keep the parts apart", 0.93, None,
        site.file if site else None, site.line if site else None, limit=SHARED, source="rows compared bit by bit",
    )  # fmt: skip


def _whole(program: Program) -> Finding | None:
    """The loader that training shuffles is made of more than its own part of a division (a run's own objects)."""
    sets = [(x, x.loader.dataset) for x in program.loaders if x.loader is not None]
    for train, everything in sets:
        parts = [x for x, d in sets if x is not train and getattr(d, "dataset", None) is everything]
        parts = [
            x
            for x in parts
            if x.sampler == "SequentialSampler" and HELD_OUT.search(program.text(x.site).partition("=")[0])
        ]
        inner = [x for x, d in sets if x.sampler == "RandomSampler" and getattr(d, "dataset", None) is everything]
        if train.sampler != "RandomSampler" or train.batch_size != program.batch() or inner or not parts:
            continue
        return Finding(
            "data-leak", "error", "the loader for training holds the whole of the data, the held-out part too",
            f"it gives {train.examples} examples, {parts[0].examples} of which another loader keeps for evaluation",
            "make it of the training part alone", 0.95, None,
            train.site.file if train.site else None, train.site.line if train.site else None, source="objects of the run",
        )  # fmt: skip
    return None


def _inside(program: Program) -> Finding | None:
    """The target of each row is one of the numbers that the network is fed, always at the same place."""
    given = [
        g for g in trained(program) if g.targets is not None and g.targets.is_floating_point() and g.inputs.ndim > 1
    ]
    same = [g for g in given if g.targets is not None and g.targets.numel() == len(g.inputs)]
    same = [g for g in same if g.inputs.shape[1:] == given[0].inputs.shape[1:] and g.inputs[0].numel() > 1]
    if len(same) < 2 or len(same) < len(given):
        return None
    x, y = torch.cat([g.inputs for g in same]), torch.cat([g.targets.flatten() for g in same if g.targets is not None])
    if len(y) < 24 or len(torch.unique(y[:2000])) < MANY or not bool(y.isfinite().all()):
        return None
    flat = x.flatten(1).to(y.dtype)
    held = (flat[:24] == y[:24, None]).all(0).nonzero().flatten().tolist()
    there = next((i for i in held if bool((flat[:, i] == y).all())), None)
    if there is None:
        return None
    place = [int(i) for i in torch.unravel_index(torch.tensor(there), x.shape[1:])]
    if len(place) > 1 and all(i != n - 1 for i, n in zip(place, x.shape[1:]) if n > 1):
        return None  # not the end of a window: a number that is to be remembered
    site = built(inputs_chain(program))
    return Finding(
        "data-leak", "error", "what is to be predicted is among the inputs",
        f"number {place if len(place) > 1 else place[0]} of the inputs is the target in all of {len(y)} rows",
        "leave it out: a window ends before the value that is to be predicted", 0.94, None,
        site.file if site else None, site.line if site else None, source="numbers compared bit by bit",
    )  # fmt: skip


def _rows_shared(program: Program, train: list[Tensor], ends: list[Held]) -> tuple[str, Site | None] | None:
    held = [h.inputs for h in ends]
    known = {k for x in train for k in _keys(x)}
    shares = []
    for x in held:
        rows = _keys(x)
        if len(rows) >= min(8, len(held[0])):
            shares.append((sum(k in known for k in rows) / len(rows), len(rows)))
    if not shares or not _many(held[-1]):
        return None
    least, n = min(shares)[0], sum(size for _, size in shares)
    if (
        least < SHARED
        or least * n < 8
        or (least >= ALL and (n > 0.6 * len(known) or not _split(program) or ends[-1].index < program.steps))
    ):
        return None
    said = f"of each evaluated batch at least {percent(least, 0)} was trained on, bit by bit; {n} rows in all"
    return said, loader(program) if least >= ALL else None


def _again(program: Program, train: list[Tensor], held: list[Held]) -> tuple[str, Site] | None:
    """Rows that are copied, with noise or without, before they are divided (in the source), and part of which come back in
    one evaluation (another, of a test set that was kept apart, does not make that good)."""
    site, drawn = _copied_first(program, COPYING), _copied_first(program, MULTIPLYING)
    like = train[0]
    if site is None or not like.is_floating_point() or like.ndim < 2:
        return None
    known = torch.cat([x for x in train if x.shape[1:] == like.shape[1:]]).flatten(1)
    groups: dict[tuple, list[Tensor]] = {}
    for h in held:
        if h.inputs.shape[1:] == like.shape[1:]:
            groups.setdefault((h.index, len(h.inputs)), []).append(h.inputs)
    for parts in list(groups.values())[-8:]:
        rows = torch.cat(parts).flatten(1)
        if len(rows) < 20 or not bool(rows.isfinite().all()):
            continue
        same, near = copies(known, rows)
        if drawn is None or _share(train, rows) > 0.5:  # no copies are made, or the whole of the data is evaluated
            same = 0.0 if same < AGAIN else same
        if same < AGAIN and same + near >= 2 * SHARED:
            return f"of {min(len(rows), HELD)} rows evaluated, {percent(same, 0)} were trained on and " \
                   f"{percent(near, 0)} are copies of such with a little noise", site  # fmt: skip
    return None


def _share(train: list[Tensor], rows: Tensor) -> float:
    """Share of the rows trained on that are among these."""
    own, there = {k for x in train for k in _keys(x.flatten(1))}, set(_keys(rows))
    return len(own & there) / max(len(own), 1)


def _copied_first(program: Program, words: tuple[str, ...]) -> Site | None:
    """Where rows are copied by these before they are divided."""
    for source in {s.source.path: s.source for s in inputs_chain(program)}.values():
        copying = _first(source, _calling(source, words))
        if copying and any(c.lineno >= copying for c in source.calls(*DIVIDING)):
            return Site(source.path, copying)
    return None


def _windows_shared(train: list[Tensor], held: list[Tensor]) -> tuple[str, None] | None:
    """Windows of a series: is the middle half of those evaluated in windows trained on, wherever it lies there?"""
    shape = train[0].shape[1:]
    if not 1 <= len(shape) <= 2 or not 8 <= max(shape) <= 256 or not train[0].is_floating_point():
        return None
    axis = 1 + max(range(len(shape)), key=lambda i: shape[i])
    length = shape[axis - 1]
    size, first = length // 2, length // 4
    some = torch.cat([x for x in train if x.shape[1:] == shape])[:2000]
    known: set[int] = set()
    for at in range(length - size + 1):
        known.update(_keys(some.narrow(axis, at, size)))
    rows = [k for x in held if x.shape[1:] == shape for k in _keys(x.narrow(axis, first, size))][:2000]
    own = {k for x in train for k in _keys(x)}
    again = sum(k in own for x in held for k in _keys(x))  # whole rows: the training set itself, folds in turn
    shared = sum(k in known for k in rows) - again
    if len(rows) < 20 or shared < WINDOWS * len(rows):
        return None
    return (
        f"the middle half of {percent(shared / len(rows), 0)} of the evaluated windows lies in windows trained on",
        None,
    )


def _keys(x: Tensor) -> list[int]:
    """A key for each row with enough different values: the bits of its values times fixed odd weights, modulo 2^64, so
    that rows that differ share one with a chance of about 2^-63."""
    if x.ndim < 2 or not x.is_floating_point():
        return []
    flat = x.flatten(1)
    some = flat[:, :: max(1, flat.shape[1] // 64)].sort(1).values
    enough = ((some.diff(dim=1) != 0).sum(1) >= min(VALUES, flat.shape[1]) - 1) & some.isfinite().all(1)
    bits = flat[enough].contiguous().cpu().view(BITS[flat.element_size()]).long()
    return (bits * _weights(flat.shape[1])).sum(1).tolist()


@cache
def _weights(n: int) -> Tensor:
    """n odd numbers, always the same."""
    return torch.randint(-(2**62), 2**62, (n,), generator=torch.Generator().manual_seed(0)) * 2 + 1


def _many(x: Tensor) -> bool:
    """Do rows of such data differ by nature: has any column of a batch nearly as many values as rows?"""
    flat = x.reshape(len(x), -1)[:200, :64]
    return max(len(torch.unique(c)) for c in flat.T) >= 0.2 * len(flat) + 4


def _split(program: Program) -> bool:
    """Does the program divide its data at all?"""
    return any(True for s in program.sources.values() for _ in s.calls("train_test_split", "random_split"))


def _copied(program: Program) -> Site | None:
    """Where rows are copied before they are divided; else where they are divided, else where the training set is made."""
    for chain in (inputs_chain(program),):
        for source in {s.source.path: s.source for s in chain}.values():
            copying = _first(source, _calling(source, COPYING))
            splitting = _first(source, _outside(source, source.calls(*SPLITTING)))
            if copying and (not splitting or copying <= splitting):
                return Site(source.path, copying)
            if splitting:
                return Site(source.path, splitting)
        return built(chain)
    return None


def _calling(source: Source, names: tuple[str, ...]) -> list[ast.Call]:
    """Calls of these, and of the user's functions that call them."""
    inside = {
        f.name for c in source.calls(*names) if isinstance(f := source.enclosing(c, ast.FunctionDef), ast.FunctionDef)
    }
    around = lambda c: getattr(source.enclosing(c, ast.FunctionDef, ast.ClassDef), "name", "")
    return [c for c in source.calls(*names, *inside) if around(c) not in inside or not inside]


def _outside(source: Source, calls: Iterable[ast.Call]) -> list[ast.Call]:
    """Without those in functions that copy rows."""
    copying = {id(source.enclosing(c, ast.FunctionDef)) for c in source.calls(*COPYING)} - {id(None)}
    return [c for c in calls if id(source.enclosing(c, ast.FunctionDef)) not in copying]


def _first(source: Source, calls: Iterable[ast.Call]) -> int | None:
    """Line of the first of these before training begins."""
    steps = [c.lineno for c in source.calls("backward")]
    lines = [
        c.lineno
        for c in calls
        if not steps or c.lineno < max(steps) or source.enclosing(c, ast.FunctionDef) is not None
    ]
    return min(lines, default=None)


def _fitted(program: Program) -> Finding | None:
    """Statistics of all rows (a scaling, a selection of features, means of the target), before the rows are divided."""
    for source in program.sources.values():
        for said in (leaks.fitted(source), leaks.encoded(source)):
            if said is not None:
                return Finding(
                    "data-leak", "error", said.summary, said.evidence, "split first, and fit on the training rows alone",
                    0.9, None, source.path, said.line,
                    source="Hastie et al., The Elements of Statistical Learning, 7.10.2",
                )  # fmt: skip
    return None


def _encoded(program: Program) -> Finding | None:
    """A feature made of the targets of the rows that it is a feature of."""
    for source in program.sources.values():
        over = encodings.unheeded(source)
        back = encodings.given_back(source) if over is None else None
        told = told_apart(program) if back is not None else None
        if over is not None:
            seen = f"{over.what} is taken of all rows in each fold (the loop on line {over.loop.lineno} never looks at the "
            evidence, line = f"{seen}fold's training rows) and written to the held ones", over.call.lineno
        elif back is not None and told is not None:
            evidence = (
                f"the mean of {back[2]!r} by group is given back to the rows that it is taken of ({back[1]}); {told}"
            )
            line = back[0].lineno
        else:
            continue
        return Finding(
            "data-leak", "error", "a feature of each row is made of that row's own target", evidence,
            "take it of the other folds' rows alone, for training rows too", 0.92, None, source.path, line, limit=SURER,
            source="Micci-Barreca 2001; scikit-learn, TargetEncoder (cross fitting)",
        )  # fmt: skip
    return None
