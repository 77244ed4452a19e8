"""Huber's loss: squared for small errors, absolute for large ones, so that outliers pull less (Huber 1964)."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor
from torch.nn import functional as F

FORMS = ("values",)
DELTA = 1.0
"""Error at which the loss turns from squared to absolute; with standardised targets, one standard deviation."""


def huber(
    outputs: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    cell_weight: Tensor | None = None,
) -> Tensor:
    """e²/2 for |e| <= 1, else |e| - 1/2, with e = output - target, averaged over examples and targets.

    outputs, targets [B, K, ...], in one shape; weight [K]: of each target; label_smoothing: for classes, without
    meaning here; cell_weight: in the targets' shape, what each counts in the mean, 0 not at all.
    Raises ValueError where the shapes differ, for they would broadcast.
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    if weight is None and cell_weight is None:
        return F.huber_loss(outputs, targets, delta=DELTA)
    errors = F.huber_loss(outputs, targets, delta=DELTA, reduction="none")
    errors = errors if weight is None else errors * weight
    return errors.mean() if cell_weight is None else (errors * cell_weight).sum() / cell_weight.sum().clamp_min(1e-12)


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets [N, K], found by bisection, since the loss is convex."""
    y = targets.double()
    low, high = y.amin(0), y.amax(0)
    for _ in range(60):
        middle = (low + high) / 2
        above = (y - middle).clamp(-DELTA, DELTA).mean(0) > 0
        low, high = middle.where(above, low), high.where(above, middle)
    each = F.huber_loss(((low + high) / 2).expand_as(y), y, delta=DELTA, reduction="none").mean(0)
    return float((each if weight is None else each * weight.to(each)).mean())
