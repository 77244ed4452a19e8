"""A small convolutional network for pictures: stages of convolutions, each at half the resolution of the one before."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
MIRRORS = {"none": (), "sideways": (3,), "both": (2, 3)}


def conv(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (32, 64, 128),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "batch",
    convolutions: int = 1,
    shift: int = 0,
    mirror: str = "none",
) -> nn.Module:
    """Pictures [B, C, H, W] -> output [B, *shape_out]: logits, or values of a regression.

    widths: channels of each stage; convolutions: how many a stage; shift: in training each picture is moved by up to
    so many pixels along each side; mirror: none, sideways or both, the ways in which each picture is turned over at
    random in training. Raises ValueError for a word that is not known.
    """
    if mirror not in MIRRORS:
        raise ValueError(f"mirror {mirror!r} is not known; known are {', '.join(MIRRORS)}")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation {activation!r} is not known; known are {', '.join(ACTIVATIONS)}")
    if norm not in NORMS:
        raise ValueError(f"norm {norm!r} is not known; known are {', '.join(NORMS)}")
    channels, *size = shape_in
    layers: list[nn.Module] = [Vary(shift, mirror)]
    for stage, width in enumerate(widths):
        if stage and min(size) >= 8:
            layers.append(nn.MaxPool2d(2))
            size = [s // 2 for s in size]
        for _ in range(convolutions):
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


class Vary(nn.Dropout):
    """Pictures moved and mirrored at random in training, as they are otherwise: what they show stays the same.

    A kind of dropout (of place and side), so whatever turns dropout off turns this off. Pictures are handed on with
    the channels last in memory, in which convolutions on a CPU take about 0.7 of the time.
    """

    def __init__(self, shift: int, mirror: str):
        super().__init__()
        self.shift, self.mirror = shift, mirror

    def forward(self, input: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, H, W]; the border is repeated where a picture moved away from it."""
        x, (n, _, *size) = input, input.shape
        if self.training and (self.shift or MIRRORS[self.mirror]):
            index: list[Tensor] = []
            for dim, length in zip((2, 3), size):
                where = torch.arange(length, device=x.device).expand(n, -1)
                if dim in MIRRORS[self.mirror]:
                    over = torch.rand(n, 1, device=x.device) < 0.5
                    where = torch.where(over, length - 1 - where, where)
                if self.shift:
                    where = where + torch.randint(-self.shift, self.shift + 1, (n, 1), device=x.device)
                index.append(where.clamp(0, length - 1))
            rows = torch.arange(n, device=x.device)[:, None, None]
            x = x.permute(0, 2, 3, 1)[rows, index[0][:, :, None], index[1][:, None, :]].permute(0, 3, 1, 2)
        return x.contiguous(memory_format=torch.channels_last)

    def extra_repr(self) -> str:
        """What shows in the network's summary."""
        return f"shift={self.shift}, mirror={self.mirror}"
