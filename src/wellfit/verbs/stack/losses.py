"""Losses of stacked networks with their gradients, each network's its own mean over the batch, as the shelf's give it.

Shapes: K networks, B examples, C outputs; smoothing [K, 1, 1]: share of each label spread over all, None where none is.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F


def cross_entropy(outputs: Tensor, targets: Tensor, smoothing: Tensor | None) -> tuple[Tensor, Tensor]:
    """outputs [K, B, C] logits, targets [K, B, C] with 1 at the class -> (losses [K], their gradient [K, B, C]).

    By hand: torch's log_softmax over a short last axis takes five times as long.
    """
    if smoothing is not None:
        targets = targets * (1 - smoothing) + smoothing / outputs.shape[-1]
    z = outputs - outputs.amax(-1, keepdim=True)
    p = z.exp()
    total = p.sum(-1, keepdim=True)
    losses = (total.log() - (z * targets).sum(-1, keepdim=True)).mean((1, 2))
    return losses, p.div_(total).sub_(targets).div_(outputs.shape[1])


def mse(outputs: Tensor, targets: Tensor, smoothing: Tensor | None) -> tuple[Tensor, Tensor]:
    """outputs, targets [K, B, C]."""
    away = outputs - targets
    return away.square().mean((1, 2)), away.mul_(2 / away[0].numel())


def huber(outputs: Tensor, targets: Tensor, smoothing: Tensor | None) -> tuple[Tensor, Tensor]:
    """outputs, targets [K, B, C]; errors beyond 1 count straight."""
    away = outputs - targets
    losses = F.huber_loss(outputs, targets.expand_as(outputs), reduction="none").mean((1, 2))
    return losses, away.clamp_(-1, 1).div_(outputs[0].numel())


def binary_cross_entropy(outputs: Tensor, targets: Tensor, smoothing: Tensor | None) -> tuple[Tensor, Tensor]:
    """outputs [K, B, C] logits, targets [K, B, C] of 0 and 1."""
    if smoothing is not None:
        targets = targets * (1 - smoothing) + smoothing / 2
    losses = F.binary_cross_entropy_with_logits(outputs, targets.expand_as(outputs), reduction="none").mean((1, 2))
    return losses, (torch.sigmoid(outputs) - targets).div_(outputs[0].numel())


LOSSES: dict[str, Callable[[Tensor, Tensor, Tensor | None], tuple[Tensor, Tensor]]] = {
    "cross_entropy": cross_entropy, "mse": mse, "huber": huber, "binary_cross_entropy": binary_cross_entropy,
}  # fmt: skip
