"""Mean squared error: the loss of a regression whose errors are about normal."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

TASKS = ("regression",)


def mse(outputs: Tensor, targets: Tensor, *, weight: Tensor | None = None, label_smoothing: float = 0.0) -> Tensor:
    """(output - target)², averaged over examples and targets; the best constant answer is the mean.

    outputs, targets [B, K], in one shape; weight [K]: of each target; label_smoothing: for classes, without meaning
    here. Raises ValueError where the shapes differ, for they would broadcast.
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    squares = (outputs - targets) ** 2
    return (squares if weight is None else squares * weight).mean()


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets [N, K]: their variance."""
    variance = targets.double().var(0, correction=0)
    return float((variance if weight is None else variance * weight.to(variance)).mean())
