"""Stochastic gradient descent with momentum: steps that add up where gradients agree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


def momentum(parameters: Iterable[Tensor], lr: float, *, momentum: float, l2: float) -> torch.optim.Optimizer:
    """v <- momentum v + g; w <- w - lr v (Polyak 1964).

    lr: step size; momentum: 0..1, what is kept of v; l2: penalty l2/2 |w|^2 on weights, added to the gradient.
    """
    groups = _groups(parameters, l2)
    return torch.optim.SGD(groups, lr, momentum=momentum, fused=_fused(groups))


def _groups(parameters: Iterable[Tensor], l2: float) -> list[dict[str, Any]]:
    """Weights, which l2 pulls towards 0, apart from biases and norm layers' scales (one axis or none), which it
    leaves alone: they do not make a network overfit, and a pull on them only shifts its outputs."""
    trained = [p for p in parameters if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": l2},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _fused(groups: list[dict[str, Any]]) -> bool:
    """Whether one kernel can update all parameters at once: floats, on a device whose kernel PyTorch has."""
    parameters = [p for group in groups for p in group["params"]]
    return all(p.is_floating_point() and p.device.type in ("cpu", "cuda", "mps", "xpu") for p in parameters)
