"""Stochastic gradient descent: a step against the gradient of the batch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


def sgd(parameters: Iterable[Tensor], lr: float, *, momentum: float, l2: float) -> torch.optim.Optimizer:
    """w <- w - lr g (Robbins & Monro 1951).

    lr: step size; momentum: not used, see `momentum`; l2: penalty l2/2 |w|² on weights, added to the gradient.
    """
    groups = _groups(parameters, l2)
    return torch.optim.SGD(groups, lr, fused=_fused(groups))


def _groups(parameters: Iterable[Tensor], l2: float) -> list[dict[str, Any]]:
    """Weights, which l2 pulls towards 0, apart from biases and the scales of norm layers (one axis or none), which it
    leaves alone: they hardly make a network overfit, and pulling at them shifts its outputs (He et al. 2019,
    arXiv:1812.01187, section 3.1)."""
    trained = [p for p in parameters if p.requires_grad]
    if not l2:
        return [{"params": trained, "weight_decay": 0.0}]  # one group is quicker than two
    weights, others = [p for p in trained if p.ndim > 1], [p for p in trained if p.ndim <= 1]
    groups = [{"params": weights, "weight_decay": l2}, {"params": others, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _fused(groups: list[dict[str, Any]]) -> bool:
    """Whether one kernel can update all parameters at once, in about half the time: floats, on a device whose kernel
    PyTorch has, plain in memory (the kernel walks through weights and their state side by side)."""
    parameters = [p for group in groups for p in group["params"]]
    kinds = ("cpu", "cuda", "mps", "xpu")
    return all(p.is_floating_point() and p.device.type in kinds and p.is_contiguous() for p in parameters)
