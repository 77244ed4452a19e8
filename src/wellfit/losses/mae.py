"""Mean absolute error: the loss of a regression that large errors must not rule."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

TASKS = ("regression",)


def mae(outputs: Tensor, targets: Tensor, *, weight: Tensor | None = None, label_smoothing: float = 0.0) -> Tensor:
    """|output - target|, averaged over examples and targets; the best constant answer is the median.

    outputs, targets [B, K], in one shape; weight [K]: of each target; label_smoothing: for classes, without meaning
    here. Raises ValueError where the shapes differ, for they would broadcast.
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    errors = (outputs - targets).abs()
    return (errors if weight is None else errors * weight).mean()


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets [N, K]: the mean distance from their median."""
    y = targets.double()
    distance = (y - y.median(0).values).abs().mean(0)
    return float((distance if weight is None else distance * weight.to(distance)).mean())
