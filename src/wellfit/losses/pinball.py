"""Pinball loss: its least is at the quantiles, so that a network says how far an answer may be off (Koenker & Bassett
1978)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

FORMS = ("values",)
LEVELS = (0.05, 0.5, 0.95)
"""The quantiles that are asked for: an interval that holds nine answers in ten, and the middle."""


def pinball(
    outputs: Tensor,
    targets: Tensor,
    *,
    weight: Tensor | None = None,
    label_smoothing: float = 0.0,
    cell_weight: Tensor | None = None,
) -> Tensor:
    """max(q e, (q - 1) e) with e = target - output, averaged over examples, targets and levels q.

    outputs, targets [B, 3 K, ...], in one shape: K columns for each of LEVELS, level by level; weight [3 K]: of each
    column; label_smoothing: for classes, without meaning here; cell_weight: in the targets' shape, what each counts in
    the mean, 0 not at all. Raises ValueError where the shapes differ or columns are no multiple of the levels.
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} differ in shape")
    e = targets - outputs
    q = _levels(e)
    errors = torch.maximum(q * e, (q - 1) * e)
    errors = errors if weight is None else errors * weight.reshape(-1, *[1] * (e.ndim - 2))
    return errors.mean() if cell_weight is None else (errors * cell_weight).sum() / cell_weight.sum().clamp_min(1e-12)


def _levels(e: Tensor) -> Tensor:
    """The level of each column of e [B, 3 K, ...], shaped to go with it."""
    if e.ndim < 2 or e.shape[1] % len(LEVELS):
        raise ValueError(f"{len(LEVELS)} columns for each target, not errors of shape {tuple(e.shape)}")
    levels = torch.tensor(LEVELS, dtype=e.dtype, device=e.device).repeat_interleave(e.shape[1] // len(LEVELS))
    return levels.reshape(-1, *[1] * (e.ndim - 2))


def chance(targets: Tensor, shape_out: Sequence[int], weight: Tensor | None = None) -> float:
    """The loss of the best constant answer on these targets [N, 3 K]: their quantiles."""
    y = targets.double().sort(0).values
    at = [math.ceil(float(q) * len(y)) - 1 for q in _levels(y).flatten()]
    best = torch.stack([y[max(i, 0), j] for j, i in enumerate(at)])
    return float(pinball(best.expand_as(y), y, weight=None if weight is None else weight.double()))
