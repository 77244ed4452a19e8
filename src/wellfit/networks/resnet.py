"""A residual network: blocks of convolutions whose input is added to what they give, so that depth does no harm.

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
STEMS = ("auto", "cifar", "imagenet")
CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}  # by the number of axes of a picture
BATCH_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
POOLS: dict[str, dict[int, Any]] = {
    "max": {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d},
    "average": {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d},
}
MEANS = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 20: (3, 3, 3), 32: (5, 5, 5), 44: (7, 7, 7)}
"""Blocks of each stage by depth: those for ImageNet (table 1 of the paper), and for CIFAR-10 (section 4.2)."""
LARGE = 128  # pixels of the smaller side from which the stem of ImageNet is taken


def resnet(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (64, 128, 256, 512),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "batch",
    depth: int = 18,
    stem: str = "auto",
    skip: bool = True,
    kernel: int = 3,
    dilation: int = 1,
    padding: str = "zero",
    down: str = "stride",
) -> nn.Module:
    """Pictures [B, C, H, W] of any size -> output [B, *shape_out]: logits, or values of a regression.

    A stem, stages of residual blocks, each stage but the first at half the resolution, the mean, dropout and a linear
    layer (He et al. 2016, arXiv:1512.03385; ways around with a 1x1 convolution where shapes differ, option B). Depth 18
    and 34 have blocks of two convolutions, 50 bottlenecks of three; 20, 32 and 44 are the paper's for CIFAR-10, usual
    with widths (16, 32, 64). `skip = False` leaves the ways around out: the plain twin of the paper.

    widths: channels of each stage (bottlenecks give four times as many); fewer leave the later stages out; stem: cifar
    (one 3x3 convolution), imagenet (7x7 by 2, then the largest of 3x3 by 2), auto by size; activation: relu, leaky_relu,
    tanh, sigmoid, gelu; norm: none, batch, layer; kernel: odd, of the blocks; dilation: pixels between the points of
    these kernels; padding: zero, reflect, longitude (periodic along the last axis); down: stride (as published), max,
    average. Raises ValueError.
    """
    axes = len(shape_in) - 1
    if axes not in CONVOLUTIONS:
        raise ValueError(f"resnet takes pictures [C, H, W], not inputs of shape {tuple(shape_in)}")
    _must_know(
        activation=(activation, ACTIVATIONS), norm=(norm, NORMS), padding=(padding, PADDINGS), down=(down, DOWNS)
    )
    _must_know(stem=(stem, STEMS))
    if depth not in BLOCKS or not 1 <= len(widths) <= 4 or kernel % 2 == 0 or dilation < 1:
        raise ValueError(f"depth must be one of {', '.join(map(str, BLOCKS))}, widths one to four, kernel odd")
    made = _Made(axes, activation, norm, padding, skip)
    large = stem == "imagenet" or (stem == "auto" and min(shape_in[1:]) >= LARGE)
    layers = made.convolution("stem", shape_in[0], width := widths[0], 7 if large else 3, 2 if large else 1)
    layers[f"stem_{activation}"] = ACTIVATIONS[activation]()
    if large:
        layers["stem_pool"] = POOLS["max"][axes](3, 2, 1)
    size = [_side(_side(s, 7, 2, 1), 3, 2, 1) if large else s for s in shape_in[1:]]
    for stage, (inner, blocks) in enumerate(zip(widths, BLOCKS[depth]), 1):
        for block in range(1, blocks + 1):
            halved = stage > 1 and block == 1 and min(size) > 1
            if halved and down != "stride":
                layers[f"pool{stage}"] = POOLS[down][axes](2)
            stride = 2 if halved and down == "stride" else 1
            outer = inner * 4 if depth == 50 else inner
            size = [_side(s, kernel, 2, dilation) if stride == 2 else s // 2 if halved else s for s in size]
            layers[f"stage{stage}_{block}"] = made.block(width, inner, outer, kernel, stride, dilation)
            width = outer
    layers |= {"mean": MEANS[axes](1), "flatten": nn.Flatten(), **({"dropout": nn.Dropout(dropout)} if dropout else {})}
    layers["output"] = nn.Linear(width, math.prod(shape_out))
    layers |= {"unflatten": nn.Unflatten(1, tuple(shape_out))} if len(shape_out) != 1 else {}
    return nn.Sequential(OrderedDict(layers))


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


def _side(side: int, kernel: int, stride: int, dilation: int) -> int:
    """The side of a map after such a convolution (torch.nn.Conv2d's formula with padding by half the kernel)."""
    return (side + 2 * dilation * (kernel // 2) - dilation * (kernel - 1) - 1) // stride + 1


class _Made:
    """Makes the parts of one network, which have these choices in common."""

    def __init__(self, axes: int, activation: str, norm: str, padding: str, skip: bool):
        self.axes, self.activation, self.norm, self.padding, self.skip = axes, activation, norm, padding, skip

    def convolution(
        self, name: str, channels: int, width: int, kernel: int, stride: int = 1, dilation: int = 1
    ) -> dict[str, nn.Module]:
        """Padding, convolution, norm; batch norm takes the mean away, and a bias before it with it."""
        pad = dilation * (kernel // 2)
        layers: dict[str, nn.Module] = {}
        if pad and self.padding != "zero":
            layers[f"{name}_pad"] = Pad(pad, self.padding)
            pad = 0
        convolution = CONVOLUTIONS[self.axes]
        bias = self.norm != "batch"
        layers[f"{name}_conv"] = convolution(channels, width, kernel, stride, pad, dilation, bias=bias)
        if self.norm != "none":
            batch = self.norm == "batch"
            layers[f"{name}_norm"] = BATCH_NORMS[self.axes](width) if batch else nn.GroupNorm(1, width)
        return layers

    def block(self, channels: int, inner: int, outer: int, kernel: int, stride: int, dilation: int) -> nn.Module:
        """Two convolutions, or, where `outer` is wider, three: 1x1, kernel, 1x1."""
        if outer == inner:
            parts = [(channels, inner, kernel, stride, dilation), (inner, outer, kernel, 1, dilation)]
        else:
            parts = [(channels, inner, 1, 1, 1), (inner, inner, kernel, stride, dilation), (inner, outer, 1, 1, 1)]
        layers: dict[str, nn.Module] = {}
        for n, part in enumerate(parts, 1):
            layers |= self.convolution(f"{n}", *part)
            if n < len(parts):
                layers[f"{n}_{self.activation}"] = ACTIVATIONS[self.activation]()
        around: nn.Module | None = None
        if self.skip:
            same = stride == 1 and channels == outer
            around = nn.Sequential(OrderedDict({} if same else self.convolution("way", channels, outer, 1, stride)))
        return Block(nn.Sequential(OrderedDict(layers)), around, ACTIVATIONS[self.activation]())


class Block(nn.Module):
    """activation(layers(x) + around(x)); without `around`, activation(layers(x))."""

    def __init__(self, layers: nn.Module, around: nn.Module | None, activation: nn.Module):
        super().__init__()
        self.around, self.layers, self.activation = around, layers, activation

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, outer, H / stride, W / stride]."""
        y = self.layers(x)
        return self.activation(y if self.around is None else y + self.around(x))


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
            return F.pad(x, [p] * around, mode="reflect")
        x = torch.cat([x[..., x.shape[-1] - p :], x, x[..., :p]], -1)
        return F.pad(x, [0, 0, *[p] * (around - 2)], mode="replicate") if around > 2 else x

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return f"{self.pad}, {self.mode}"
