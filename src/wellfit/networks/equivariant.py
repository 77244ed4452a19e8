"""A network whose features turn with the picture: convolutions over places and quarter turns (and mirror images).

Shapes: B examples, C channels, G elements of the group (4 or 8), H and W pixels, K outputs.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INPUTS, OUTPUTS = ("pictures",), ("vector", "maps")
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
GROUPS = {"p4": 4, "p4m": 8}
DOWNS = ("max", "average")
PADDINGS = {"zero": "constant", "reflect": "reflect", "circular": "circular"}  # as torch.nn.functional.pad calls them
SMALLEST = 4  # side (pixels) under which no map is halved


def equivariant(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (16, 32, 64),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "batch",
    group: str = "p4",
    convolutions: int = 1,
    kernel: int = 3,
    dilation: int = 1,
    padding: str = "zero",
    down: str = "max",
) -> nn.Module:
    """Pictures [B, C, H, W] -> [B, *shape_out], the same for a picture turned by 90 degrees; or maps (K, H, W) that turn
    with it.

    Every kernel is applied in all its positions, and each following one sees how its inputs lie to it (Cohen & Welling
    2016, arXiv:1602.07576). Stages of `convolutions` times such a convolution, norm, activation; each but the last
    at half the resolution, as long as 4 pixels are left (not for maps); then the mean over places and group. A channel
    here is 4 (p4: turns) or 8 (p4m: turns and mirror images) maps.

    widths: channels of each stage; activation: relu, leaky_relu, tanh, sigmoid, gelu; dropout: share of the last
    features dropped in training; norm: none, batch, layer; group: p4, p4m; kernel: odd; dilation: pixels between the
    points of a kernel; padding: zero, reflect, circular (both axes go round; round one of them alone, as longitude does,
    would not turn with the picture); down: max, average. Pictures that are not square turn by 180 degrees only. Raises
    ValueError for what cannot be.
    """
    _must_know(activation=(activation, ACTIVATIONS), norm=(norm, NORMS), group=(group, GROUPS), down=(down, DOWNS))
    _must_know(padding=(padding, PADDINGS))
    if len(shape_in) != 3 or not widths or convolutions < 1 or kernel % 2 == 0 or dilation < 1:
        raise ValueError(f"equivariant takes pictures [C, H, W], widths, odd kernels; not {tuple(shape_in)}")
    channels, *size = shape_in
    maps = len(shape_out) == 3
    if maps and list(shape_out[1:]) != size:
        raise ValueError(
            f"equivariant gives maps of the size of its inputs, {size[0]} by {size[1]}, not {tuple(shape_out)}"
        )
    elements, layers = GROUPS[group], OrderedDict[str, nn.Module]()
    first = True
    for stage, width in enumerate(widths, 1):
        for i in range(1, convolutions + 1):
            n = f"{stage}_{i}" if convolutions > 1 else f"{stage}"
            _must_reach(size, dilation * (kernel // 2), padding)
            before, bias = 1 if first else elements, norm != "batch"
            layers[f"conv{n}"] = Turned(channels, width, kernel, elements, before, bias, dilation, padding)
            if norm != "none":
                layers[f"norm{n}"] = Norm(width, elements, norm == "batch")
            layers[f"{activation}{n}"] = ACTIVATIONS[activation]()
            channels, first = width, False
        if not maps and stage < len(widths) and min(size) >= 2 * SMALLEST:
            layers[f"pool{stage}"], size = Half(down, size), [(side + 1) // 2 for side in size]
    layers["mean"] = Mean(elements, maps)
    if dropout:
        layers["dropout"] = nn.Dropout(dropout)
    layers["output"] = nn.Conv2d(channels, shape_out[0], 1) if maps else nn.Linear(channels, math.prod(shape_out))
    if not maps and len(shape_out) != 1:
        layers["unflatten"] = nn.Unflatten(1, tuple(shape_out))
    return nn.Sequential(layers)


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


def _must_reach(size: Sequence[int], pad: int, padding: str) -> None:
    """Raises ValueError for a map that is too small to be mirrored or gone round so far."""
    if padding != "zero" and pad >= min(size) + (padding == "circular"):
        raise ValueError(f"{padding} padding by {pad} pixels must not be used for a map of {tuple(size)}")


def moved(x: Tensor, g: int) -> Tensor:
    """x [..., k, k] under element g: mirrored where g is 4 or more, then turned g mod 4 times by 90 degrees."""
    return torch.rot90(x.flip(-1) if g >= 4 else x, g % 4, (-2, -1))


def table(elements: int) -> list[list[int]]:
    """[g][h] -> the element that is the inverse of g after h, found by what they do to nine numbers."""
    square = torch.arange(9).view(3, 3)
    found = {tuple(moved(square, g).flatten().tolist()): g for g in range(elements)}
    inverse = [
        next(i for i in range(elements) if torch.equal(moved(moved(square, g), i), square)) for g in range(elements)
    ]
    return [
        [found[tuple(moved(moved(square, h), inverse[g]).flatten().tolist())] for h in range(elements)]
        for g in range(elements)
    ]


class Turned(nn.Conv2d):
    """A convolution over places and group: [B, C G', H, W] -> [B, K G, H, W], G' = 1 for a picture, else G.

    out[g] = sum over h of in[h] * g(weight[inverse of g after h]); one kernel of size [C G', k, k] for each channel.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        kernel: int,
        elements: int,
        before: int,
        bias: bool,
        dilation: int,
        padding: str,
    ):
        pad = dilation * (kernel // 2)
        super().__init__(channels * before, width, kernel, padding=pad, dilation=dilation, bias=bias)
        self.elements, self.before = elements, before
        self.around = "" if padding == "zero" else PADDINGS[padding]
        self.order = table(elements)

    def forward(self, input: Tensor) -> Tensor:
        """[B, C G', H, W] -> [B, K G, H, W], the group's elements of a channel beside each other."""
        w = self.weight.unflatten(1, (-1, self.before))
        turned = []
        for g in range(self.elements):
            here = w if self.before == 1 else w[:, :, self.order[g]]
            turned.append(moved(here, g).flatten(1, 2))
        full = torch.stack(turned, 1).flatten(0, 1)
        bias = None if self.bias is None else self.bias.repeat_interleave(self.elements)
        if not self.around:
            return F.conv2d(input, full, bias, padding=self.padding, dilation=self.dilation)
        p, q = int(self.padding[0]), int(self.padding[1])
        return F.conv2d(F.pad(input, [q, q, p, p], self.around), full, bias, dilation=self.dilation)


class Norm(nn.Module):
    """Batch or layer norm with one scale and shift for a channel in all its positions."""

    def __init__(self, width: int, elements: int, batch: bool):
        super().__init__()
        self.elements = elements
        self.norm = nn.BatchNorm3d(width) if batch else nn.GroupNorm(1, width)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C G, H, W] -> [B, C G, H, W]."""
        return self.norm(x.unflatten(1, (-1, self.elements))).flatten(1, 2)


class Half(nn.Module):
    """[B, C, H, W] -> half the sides, rounded up, from windows that lie alike from all four sides: 2x2, or 3x3 by 2 for an
    odd side."""

    def __init__(self, down: str, size: Sequence[int]):
        super().__init__()
        kernel = (3 if size[0] % 2 else 2, 3 if size[1] % 2 else 2)
        pad = (size[0] % 2, size[1] % 2)
        if down == "max":
            self.pool: nn.Module = nn.MaxPool2d(kernel, 2, pad)
        else:
            self.pool = nn.AvgPool2d(kernel, 2, pad, count_include_pad=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] -> [B, C, (H + 1) // 2, (W + 1) // 2]."""
        return self.pool(x)


class Mean(nn.Module):
    """[B, C G, H, W] -> the mean over the group [B, C, H, W], and over places, too, but for maps [B, C]."""

    def __init__(self, elements: int, maps: bool):
        super().__init__()
        self.elements, self.maps = elements, maps

    def forward(self, x: Tensor) -> Tensor:
        """[B, C G, H, W] -> [B, C, H, W] or [B, C]."""
        x = x.unflatten(1, (-1, self.elements)).mean(2)
        return x if self.maps else x.mean((2, 3))
