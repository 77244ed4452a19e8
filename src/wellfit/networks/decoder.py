"""A decoder: a vector to a picture by transposed convolutions, as generators and autoencoders have.

Shapes: B examples, F numbers, C channels, H and W pixels.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

INPUTS, OUTPUTS = ("vector",), ("maps",)
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
UPS = ("transposed", "bilinear")
CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}  # by the number of axes of a picture
TRANSPOSED = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
BATCH_NORMS = {1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
STRAIGHT = {1: "linear", 2: "bilinear", 3: "trilinear"}
ENDS = {"none": nn.Identity, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def decoder(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (128, 64, 32),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "batch",
    upsample: str = "transposed",
    kernel: int = 4,
    end: str = "none",
) -> nn.Module:
    """Vectors [B, *shape_in], flattened -> pictures [B, C, H, W] of any size; shape_out = (C, H, W), (C, L) or (C, D, H, W).

    A linear layer to a coarse map, then for each width a map of double size by a transposed convolution, norm and
    activation, and a 3x3 convolution to the output (after Radford et al. 2016, arXiv:1511.06434). What is beyond the
    sides asked for is cut off.

    widths: channels from the coarsest map on; activation: relu, leaky_relu, tanh, sigmoid, gelu; dropout: share of the
    coarse map dropped in training; norm: none, batch, layer; upsample: transposed, or bilinear followed by a 3x3
    convolution, which leaves no chequered pattern (Odena et al. 2016); kernel: even, of the transposed convolutions:
    every pixel then has as many weights as any other; end: none, tanh (-1..1) or sigmoid (0..1). Raises ValueError.
    """
    axes = len(shape_out) - 1
    if axes not in CONVOLUTIONS:
        raise ValueError(f"decoder gives pictures [C, H, W], not outputs of shape {tuple(shape_out)}")
    _must_know(activation=(activation, ACTIVATIONS), norm=(norm, NORMS), upsample=(upsample, UPS), end=(end, ENDS))
    if not widths or kernel < 2 or kernel % 2:
        raise ValueError("widths must be one or more, kernel even and 2 or more")
    channels, *size = shape_out
    coarse = [math.ceil(side / 2 ** len(widths)) for side in size]
    layers: dict[str, nn.Module] = {"flatten": nn.Flatten()}
    layers["linear"] = nn.Linear(math.prod(shape_in), widths[0] * math.prod(coarse))
    layers |= {"unflatten": nn.Unflatten(1, (widths[0], *coarse)), activation: ACTIVATIONS[activation]()}
    if dropout:
        layers["dropout"] = nn.Dropout(dropout)
    for n, (width, following) in enumerate(zip(widths, [*widths[1:], widths[-1]]), 1):
        bias = norm != "batch"  # batch norm takes the mean away, and a bias before it with it
        if upsample == "transposed":
            layers[f"up{n}"] = TRANSPOSED[axes](width, following, kernel, 2, kernel // 2 - 1, bias=bias)
        else:
            layers[f"up{n}"] = nn.Upsample(scale_factor=2, mode=STRAIGHT[axes])
            layers[f"conv{n}"] = CONVOLUTIONS[axes](width, following, 3, padding=1, bias=bias)
        if norm != "none":
            layers[f"norm{n}"] = BATCH_NORMS[axes](following) if norm == "batch" else nn.GroupNorm(1, following)
        layers[f"{activation}{n}"] = ACTIVATIONS[activation]()
    layers |= {"cut": Cut(size), "output": CONVOLUTIONS[axes](widths[-1], channels, 3, padding=1), "end": ENDS[end]()}
    return nn.Sequential(OrderedDict(layers))


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


class Cut(nn.Module):
    """[B, C, ...] -> [B, C, *size]: the middle of a map that is as large or larger."""

    def __init__(self, size: Sequence[int]):
        super().__init__()
        self.size = tuple(size)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, ...] -> [B, C, *size]."""
        for axis, side in enumerate(self.size, 2):
            if x.shape[axis] != side:
                x = x.narrow(axis, (x.shape[axis] - side) // 2, side)
        return x

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return "×".join(map(str, self.size))
