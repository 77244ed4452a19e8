"""RMSProp: steps scaled by the recent size of each weight's gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor


def rmsprop(parameters: Iterable[Tensor], lr: float, *, momentum: float, l2: float) -> torch.optim.Optimizer:
    """s <- 0.99 s + 0.01 g^2; v <- momentum v + g / (sqrt(s) + 1e-8); w <- w - lr v (Tieleman & Hinton 2012, lecture 6e).

    lr: step size; momentum: 0..1, what is kept of v; l2: penalty l2/2 |w|^2 on weights, added to the gradient.
    """
    groups = _groups(parameters, l2)
    return torch.optim.RMSprop(groups, lr, momentum=momentum)


def _groups(parameters: Iterable[Tensor], l2: float) -> list[dict[str, Any]]:
    """Weights, which l2 pulls towards 0, apart from biases and norm layers' scales (one axis or none), which it
    leaves alone: they do not make a network overfit, and a pull on them only shifts its outputs."""
    trained = [p for p in parameters if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": l2},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]
