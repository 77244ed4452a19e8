"""A loss that fits the targets: cross-entropy for labels, squared error for values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from wellfit.nouns.last import last_activation
from wellfit.nouns.meeting import VALUE_LOSSES, Targets, outputs_of, targets
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("loss-unsuitable",)
USUAL = True
ORDER = 15
HANDICAP = 0.1
"""Cross-entropy has larger gradients than a squared error of labels: some of what it gains is the step size."""
TINY = 1e-6


def fitting_loss(replay: Replay) -> Replay | None:
    """Edit: CrossEntropyLoss for several classes, BCEWithLogitsLoss for labels 0 and 1, MSELoss for values."""
    loss, known = replay.batches[0].loss, targets(replay.program)
    last = last_activation(loss)
    chosen = _chosen(loss.name, known, outputs_of(loss), last.name.rstrip("_") if last else "") if known else None
    if chosen is None:
        return None
    put, note, logits = chosen

    def instead(func: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name != loss.name:
            return NotImplemented
        given = [*args, *(kwargs[k] for k in ("input", "target") if k in kwargs)]
        if len(given) > 1 and not given[0].requires_grad and given[1].requires_grad:
            given[:2] = given[1::-1]
        return put(given[0], given[1]) if len(given) > 1 else NotImplemented

    extra = {**replay.extra, "logits": True} if logits else replay.extra
    return replace(replay, inside=(*replay.inside, instead), extra=extra, note=note)


def _chosen(name: str, known: Targets, outputs: int, last: str) -> tuple[Callable[..., Tensor], str, bool] | None:
    """(loss of answers and targets, note, does it take logits) for what the program has."""
    two = known.whole and known.distinct == 2 and known.low == 0 and known.high == 1
    bce = lambda a, t: F.binary_cross_entropy_with_logits(a, t.reshape(a.shape).to(a.dtype))
    if name == "cross_entropy" and outputs == 1 and two:
        return bce, "binary cross-entropy in place of cross-entropy", True
    if name.startswith("binary_cross_entropy") and known.distinct > 2 and (known.low < -0.01 or known.high > 1.01):
        return None if known.classes else (lambda a, t: F.mse_loss(a, t), "squared error as the loss", False)
    if name not in VALUE_LOSSES or not two or (outputs > 1 and not known.one_hot):
        return None
    if last in ("sigmoid", "hardsigmoid"):
        return (
            lambda a, t: F.binary_cross_entropy(a.clamp(TINY, 1 - TINY), t),
            "binary cross-entropy as the loss",
            False,
        )
    if last == "softmax" and outputs > 1:
        return lambda a, t: F.nll_loss(a.clamp_min(TINY).log(), t.argmax(1)), "cross-entropy as the loss", False
    if last:
        return None
    return (
        (lambda a, t: F.cross_entropy(a, t.argmax(1)), "cross-entropy as the loss", True) if outputs > 1
        else (bce, "binary cross-entropy as the loss", True)
    )  # fmt: skip


def place(program: Program) -> Site | None:
    """Where the loss is made, else where it is called."""
    loss = program.loss
    return (loss.made or loss.site) if loss else None
