"""A small convolutional network for pictures: stages of convolutions, each at half the resolution of the one before."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")


def conv(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (32, 64, 128),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "batch",
) -> nn.Module:
    """Pictures [B, C, H, W] -> output [B, *shape_out]: logits, or values of a regression."""
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation {activation!r} is not known; known are {', '.join(ACTIVATIONS)}")
    if norm not in NORMS:
        raise ValueError(f"norm {norm!r} is not known; known are {', '.join(NORMS)}")
    channels, *size = shape_in
    layers: list[nn.Module] = []
    for stage, width in enumerate(widths):
        if stage and min(size) >= 8:
            layers.append(nn.MaxPool2d(2))
            size = [s // 2 for s in size]
        layers.append(nn.Conv2d(channels, width, 3, padding=1, bias=norm != "batch"))
        if norm == "batch":
            layers.append(nn.BatchNorm2d(width))
        elif norm == "layer":
            layers.append(nn.GroupNorm(1, width))
        layers.append(ACTIVATIONS[activation]())
        channels = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    if dropout:
        layers.append(nn.Dropout(dropout))
    layers.append(nn.Linear(channels, math.prod(shape_out)))
    if len(shape_out) > 1:
        layers.append(nn.Unflatten(1, tuple(shape_out)))
    return nn.Sequential(*layers)
