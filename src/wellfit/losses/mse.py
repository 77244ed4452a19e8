"""Mean squared error: the loss of a regression whose errors are about normal."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

FORMS = ("values",)


def mse(
    outputs: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    cell_weight: Tensor | None = None,
) -> Tensor:
    """(output - target)², averaged over examples and targets; the best constant answer is the mean.

    outputs, targets [B, K, ...], in one shape; weight [K]: of each target; label_smoothing: for classes, without
    meaning here; cell_weight: in the targets' shape, what each counts in the mean, 0 not at all.
    Raises ValueError where the shapes differ, for they would broadcast.
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    squares = (outputs - targets) ** 2
    squares = squares if weight is None else squares * weight
    return squares.mean() if cell_weight is None else (squares * cell_weight).sum() / cell_weight.sum().clamp_min(1e-12)


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets [N, K]: their variance."""
    variance = targets.double().var(0, correction=0)
    return float((variance if weight is None else variance * weight.to(variance)).mean())
