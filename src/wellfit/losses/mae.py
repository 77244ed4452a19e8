"""Mean absolute error: the loss of a regression that large errors must not rule."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

FORMS = ("values",)


def mae(
    outputs: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    cell_weight: Tensor | None = None,
) -> Tensor:
    """|output - target|, averaged over examples and targets; the best constant answer is the median.

    outputs, targets [B, K, ...], in one shape; weight [K]: of each target; label_smoothing: for classes, without
    meaning here; cell_weight: in the targets' shape, what each counts in the mean, 0 not at all.
    Raises ValueError where the shapes differ, for they would broadcast.
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    errors = (outputs - targets).abs()
    errors = errors if weight is None else errors * weight
    return errors.mean() if cell_weight is None else (errors * cell_weight).sum() / cell_weight.sum().clamp_min(1e-12)


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets [N, K]: the mean distance from their median."""
    y = targets.double()
    distance = (y - y.median(0).values).abs().mean(0)
    return float((distance if weight is None else distance * weight.to(distance)).mean())
