"""VGG: the deep plain network of small convolutions; 16 layers at 224 x 224 and 1,000 classes are the published one.

Shapes: B examples, C channels, H and W pixels; series [B, C, L] and volumes [B, C, D, H, W] go the same way.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INPUTS, OUTPUTS = ("pictures", "series"), ("vector",)
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
PADDINGS = ("zero", "reflect", "longitude")
DOWNS = ("max", "average", "stride")
CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}  # by the number of axes of a picture
BATCH_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
POOLS: dict[str, dict[int, Any]] = {
    "max": {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d},
    "average": {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d},
}
MEANS = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}
STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
"""Convolutions of each stage by depth (table 1 of the paper: A, B, D, E)."""
LAST = 7  # pixels along each axis of the last map at most, as at 224 x 224


def vgg(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (64, 128, 256, 512, 512),
    activation: str = "relu",
    dropout: float = 0.5,
    norm: str = "none",
    depth: int = 16,
    head: Sequence[int] = (4096, 4096),
    kernel: int = 3,
    dilation: int = 1,
    padding: str = "zero",
    down: str = "max",
) -> nn.Module:
    """Pictures [B, C, H, W] of any size -> output [B, *shape_out]: logits, or values of a regression.

    Stages of one to four convolutions, each but for maps of one pixel at half the resolution of the one before, then
    `head` dense layers with dropout (Simonyan & Zisserman 2015, arXiv:1409.1556). At 224 x 224 and 1,000 classes depth
    16 has the published 138,357,544 parameters. Larger last maps come to 7 x 7 means.

    widths: channels of each stage, five; fewer leave the later stages out; depth: 11, 13, 16 or 19; activation: relu,
    leaky_relu, tanh, sigmoid, gelu; norm: none (as published), batch, layer, before the activation; head: units of the
    dense layers; kernel: odd; dilation: pixels between the points of a kernel; padding: zero, reflect, or longitude
    (periodic along the last axis); down: max, average, or stride (of a stage's last convolution). Raises ValueError.
    """
    axes = len(shape_in) - 1
    if axes not in CONVOLUTIONS:
        raise ValueError(f"vgg takes pictures [C, H, W], not inputs of shape {tuple(shape_in)}")
    _must_know(
        activation=(activation, ACTIVATIONS), norm=(norm, NORMS), padding=(padding, PADDINGS), down=(down, DOWNS)
    )
    if depth not in STAGES or not 1 <= len(widths) <= 5 or kernel % 2 == 0 or dilation < 1:
        raise ValueError("depth must be 11, 13, 16 or 19, widths one to five, kernel odd, dilation 1 or more")
    channels, *size = shape_in
    layers: dict[str, nn.Module] = {}
    for stage, (width, convolutions) in enumerate(zip(widths, STAGES[depth]), 1):
        step = [2 if side > 1 else 1 for side in size]
        for i in range(1, convolutions + 1):
            stride = step if down == "stride" and i == convolutions else [1] * axes
            layers |= _block(f"{stage}_{i}", channels, width, activation, norm, kernel, dilation, padding, stride)
            channels = width
        if down != "stride":
            layers[f"pool{stage}"] = POOLS[down][axes](step)
        size = [_side(side, kernel, s, dilation) if down == "stride" else side // s for side, s in zip(size, step)]
    last = [min(LAST, side) for side in size]
    layers["mean"], layers["flatten"] = MEANS[axes](last if axes > 1 else last[0]), nn.Flatten()
    units = channels * math.prod(last)
    for n, width in enumerate(head, 1):
        layers |= {f"linear{n}": nn.Linear(units, width), f"{activation}{n}": ACTIVATIONS[activation]()}
        layers |= {f"dropout{n}": nn.Dropout(dropout)} if dropout else {}
        units = width
    layers["output"] = nn.Linear(units, math.prod(shape_out))
    if len(shape_out) != 1:
        layers["unflatten"] = nn.Unflatten(1, tuple(shape_out))
    return nn.Sequential(OrderedDict(layers))


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


def _block(
    n: str,
    channels: int,
    width: int,
    activation: str,
    norm: str,
    kernel: int,
    dilation: int,
    padding: str,
    stride: list,
) -> dict[str, nn.Module]:
    """A convolution that keeps the sides but for its stride, norm, activation."""
    axes, pad = len(stride), dilation * (kernel // 2)
    layers: dict[str, nn.Module] = {}
    if padding != "zero":
        layers[f"pad{n}"] = Pad(pad, padding)
    own = pad if padding == "zero" else 0
    layers[f"conv{n}"] = CONVOLUTIONS[axes](channels, width, kernel, stride, own, dilation, bias=norm != "batch")
    if norm != "none":
        layers[f"norm{n}"] = BATCH_NORMS[axes](width) if norm == "batch" else nn.GroupNorm(1, width)
    return layers | {f"{activation}{n}": ACTIVATIONS[activation]()}


def _side(side: int, kernel: int, stride: int, dilation: int) -> int:
    """The side of a map after such a convolution (torch.nn.Conv2d's formula with padding by half the kernel)."""
    return (side + 2 * dilation * (kernel // 2) - dilation * (kernel - 1) - 1) // stride + 1


class Pad(nn.Module):
    """[B, C, ...] with `pad` pixels more on each side: mirrored at the border (reflect), or, of a map of the globe, from
    the other end along the last axis and with the first and last row repeated (longitude)."""

    def __init__(self, pad: int, mode: str):
        super().__init__()
        self.pad, self.mode = pad, mode

    def forward(self, x: Tensor) -> Tensor:
        """Raises ValueError for a map that is too small for its padding."""
        p, around = self.pad, 2 * (x.ndim - 2)
        if (min(x.shape[2:]) <= p and self.mode == "reflect") or x.shape[-1] < p:
            raise ValueError(f"{self.mode} padding by {p} pixels is too much for a map of {tuple(x.shape[2:])}")
        if self.mode == "reflect":
            return F.pad(x, [p] * around, mode="reflect") if p else x
        x = torch.cat([x[..., x.shape[-1] - p :], x, x[..., :p]], -1)
        return F.pad(x, [0, 0, *[p] * (around - 2)], mode="replicate") if around > 2 else x

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return f"{self.pad}, {self.mode}"
