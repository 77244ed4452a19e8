"""Negative log-likelihood of networks that say themselves how likely each example is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

FORMS = ("density",)


def likelihood(
    outputs: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    cell_weight: Tensor | None = None,
) -> Tensor:
    """The mean of -output: outputs [B, 1] are log-densities in nats, a lower bound of them (Kingma & Welling 2014,
    arXiv:1312.6114, equation 3), or what stands for them in a game of two networks.

    targets [B, 1] say nothing, but for marks of what does not count; weight, label_smoothing: for classes, without
    meaning here; cell_weight: in the targets' shape, what each counts in the mean, 0 not at all. Raises ValueError
    where the shapes differ.
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    if cell_weight is None:
        return -outputs.mean()
    return -(outputs * cell_weight).sum() / cell_weight.sum().clamp_min(1e-12)


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """NaN: a constant answer, the same density everywhere, is none, for it cannot come to 1 in sum."""
    return math.nan
