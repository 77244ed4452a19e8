"""Fitting: how a program fares on the rows it learns from and on others, read from its own evaluations."""

from __future__ import annotations

import ast
from statistics import median
from typing import NamedTuple

from torch import Tensor

from wellfit.nouns.program import BEGINNING, LossSeen, PassSeen, Program
from wellfit.nouns.tape import Look, Node

UNIT = 3.0
"""Factor between deviations of targets that no draw of the same data gives."""
DIFFERENCES = ("sub", "__sub__", "rsub", "__rsub__")
"""Calls in which a squared error by hand begins."""


class Fitting(NamedTuple):
    """train: the loss at the end of training; curve: (steps before it, loss) of evaluations in eval mode on batches
    that training did not show, computed by the same loss function; rows: training rows, 0 where unknown."""

    train: float
    curve: list[tuple[int, float]]
    rows: int


def fitting(program: Program) -> Fitting | None:
    """None where no evaluation computed the training's loss."""
    loss = program.loss
    if loss is None or len(program.curve) < 20 or not (loss.name or (loss.node and loss.node.name in DIFFERENCES)):
        return None
    by_step: dict[int, list[float]] = {}
    for seen in program.passes:
        if seen.training:
            continue
        for node in seen.compared:
            look = seen.tape.looks.get(node.outs[0]) if node.outs else None
            if look is None or look.mean is None or _trained_on(program, seen):
                continue
            if loss.name in ("", "mse_loss") and node.name in DIFFERENCES and _same_unit(loss, seen, node):
                by_step.setdefault(seen.after, []).append(_square(look))
            elif loss.name and node.name == loss.name:
                by_step.setdefault(seen.after, []).append(_per_example(node, look.mean, look.shape, seen))
    n = max(len(program.curve) // 20, 5)
    curve = [(step, sum(v) / len(v)) for step, v in sorted(by_step.items())]
    ends = [v for _, v in program.curve[-n:]]
    if not loss.name:
        last = [x.look(x.node.outs[0]) for x in program.losses[-24:] if x.node is not None and x.node.outs]
        ends = [_square(look) for look in last if look is not None and look.mean is not None]
        if not ends:
            return None
    return Fitting(median(ends), curve, distinct_rows(program)) if curve else None


def _same_unit(loss: LossSeen, seen: PassSeen, node: Node) -> bool:
    """Is what an evaluation compares with of the size of the training targets, not turned back into their unit?"""
    trained = loss.look(loss.target)
    looks = [seen.tape.looks[i] for i in node.ins if i in seen.tape.leaves and i in seen.tape.looks]
    if trained is None or not trained.std or not looks or not looks[0].std:
        return False
    return 1 / UNIT < looks[0].std / trained.std < UNIT


def goes_back(program: Program) -> bool:
    """Does the program keep weights while it trains and return to them, as early stopping does? Read in its source."""
    sources = program.sources.values()
    kept = any(source.enclosing(c, ast.For, ast.While, ast.FunctionDef) for source in sources
               for c in source.calls("state_dict"))  # fmt: skip
    return kept and any(True for source in sources for _ in source.calls("load_state_dict"))


def _square(look: Look) -> float:
    """Mean of the squares of what was looked at."""
    return (look.mean or 0.0) ** 2 + (look.std or 0.0) ** 2


def _per_example(node, mean: float, shape: tuple[int, ...], seen: PassSeen) -> float:
    return mean / max(seen.batch, 1) if node.kwargs.get("reduction") == "sum" and not shape else mean


def _trained_on(program: Program, seen: PassSeen) -> bool:
    """Is what it is fed the mix of rows that training was fed? (The same first row as in a training batch.)"""
    fed = seen.tape.leaves.get(seen.inputs[0]) if seen.inputs else None
    if fed is None or not fed.ndim:
        return False
    if not _maybe_trained_on(program, fed):
        return False
    for loss in program.losses[:48]:
        shown = loss.tape.leaves.get(loss.inputs[0]) if loss.inputs else None
        if shown is None or shown.shape[1:] != fed.shape[1:] or shown.dtype != fed.dtype or not len(fed):
            continue
        same = (shown == fed[:1]).flatten(1).all(1) if shown.ndim > 1 else shown == fed[0]
        for a, b in zip(loss.inputs[1:], seen.inputs[1:]):  # a user met before may judge a film not met before
            x, y = loss.tape.leaves.get(a), seen.tape.leaves.get(b)
            if x is not None and y is not None and x.shape[:1] == same.shape and len(y) and x.shape[1:] == y.shape[1:]:
                same = same & (x == y[:1]).reshape(len(x), -1).all(1)
        if bool(same.any()):
            return True
    return False


def _maybe_trained_on(program: Program, fed: Tensor) -> bool:
    """False where the beginning of its first row is that of no row shown: one comparison for all batches."""
    bank = program.shown.get((fed.shape[1:], fed.dtype))
    if bank is None or not len(fed):
        return False
    first = fed[:1].reshape(1, -1)[:, :BEGINNING]
    return bool((bank == first).all(1).any())


def distinct_rows(program: Program) -> int:
    """Training rows: distinct ones among the recorded batches, by all that the network is fed."""
    seen: set[int] = set()
    for loss in program.losses:
        fed = [x for i in loss.inputs if (x := loss.tape.leaves.get(i)) is not None and x.ndim]
        fed = [x.detach().cpu() for x in fed if len(x) == len(fed[0])]
        if fed and (fed[0].ndim > 1 or len(fed) > 1):
            parts = [x.reshape(len(x), -1).contiguous().numpy()[:4096] for x in fed]
            seen |= {hash(b"".join(map(bytes, row))) for row in zip(*parts)}
    return len(seen)


def hit_share(program: Program) -> float | None:
    """Share of right answers in evaluations after the last step on rows that training did not show; None where nothing
    of the kind was compared."""
    hits, rows = 0.0, 0
    for seen in program.passes:
        if seen.after < program.steps - 1 or seen.training or _trained_on(program, seen):
            continue
        for node in seen.compared:
            look = seen.tape.looks.get(node.outs[0]) if node.outs else None
            if node.name in ("eq", "__eq__") and look is not None and look.mean is not None and len(look.shape) == 1:
                hits, rows = hits + look.mean * look.shape[0], rows + look.shape[0]
    return hits / rows if rows else None
