"""DLinear: a series ahead by one linear map of its past, smooth part and rest apart. Hard to beat on periodic series.

Shapes: B examples, C channels (variables), L steps of history, K channels predicted, H steps ahead.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INPUTS, OUTPUTS = ("series",), ("vector", "steps")
INIT = "torch"  # its own start, an even mean of the history, is kept: noise in the weights would stay in the answers
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = {"none": None, "batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


def dlinear(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "none",
    kernel: int = 25,
    level: bool = True,
) -> nn.Module:
    """Series [B, C, L] -> [B, *shape_out].

    For shape_out = (K, H) with K up to C the first K channels are carried H steps ahead, each from its own past and all
    by the same weights; else every output sees every channel. The moving mean over `kernel` steps and what is left are
    mapped apart and added (DLinear: Zeng, Chen, Zhang & Xu 2023, arXiv:2205.13504, section 4).

    widths: units of hidden layers between, none as published; activation: relu, leaky_relu, tanh, sigmoid, gelu; norm:
    none, batch, layer, of hidden layers; kernel: 1 for no parts; level: the last step is taken off first and put back
    at the end (NLinear, the same paper), where channels go by themselves. Raises ValueError for what cannot be.
    """
    if activation not in ACTIVATIONS or norm not in NORMS:
        what, word, known = ("norm", norm, NORMS) if activation in ACTIVATIONS else (
            "activation", activation, ACTIVATIONS)  # fmt: skip
        raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")
    if len(shape_in) != 2 or kernel < 1:
        raise ValueError(
            f"dlinear takes series [C, L] and a kernel of 1 or more, not inputs of shape {tuple(shape_in)}"
        )
    each = len(shape_out) == 2 and shape_out[0] <= shape_in[0]
    sizes = (shape_in[1], shape_out[1]) if each else (math.prod(shape_in), math.prod(shape_out))
    maps = [_map(*sizes, widths, activation, dropout, norm) for _ in range(1 if kernel == 1 else 2)]
    return Carry(maps, tuple(shape_out), each, kernel, level and each)


def _map(n: int, m: int, widths: Sequence[int], activation: str, dropout: float, norm: str) -> nn.Module:
    """Layers [..., n] -> [..., m]: one linear layer that begins as the mean, or hidden ones before it."""
    layers: dict[str, nn.Module] = {}
    for k, width in enumerate(widths, 1):
        layers[f"linear{k}"] = nn.Linear(n, width, bias=norm != "batch")
        if NORMS[norm]:
            layers[f"norm{k}"] = NORMS[norm](width)
        layers[f"{activation}{k}"] = ACTIVATIONS[activation]()
        if dropout:
            layers[f"dropout{k}"] = nn.Dropout(dropout)
        n = width
    layers["output"] = nn.Linear(n, m) if widths else Mean(n, m)
    return nn.Sequential(OrderedDict(layers))


class Mean(nn.Linear):
    """A linear layer that begins as the mean of its inputs."""

    def reset_parameters(self) -> None:
        """Every weight 1 / inputs, no bias."""
        nn.init.constant_(self.weight, 1 / self.in_features)
        nn.init.zeros_(self.bias)


class Carry(nn.Module):
    """[B, C, L] -> [B, *shape]: parts of the series, each through its map, added."""

    def __init__(self, maps: Sequence[nn.Module], shape: tuple[int, ...], each: bool, kernel: int, level: bool):
        super().__init__()
        self.maps, self.shape, self.each, self.kernel, self.level = nn.ModuleList(maps), shape, each, kernel, level

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, L] -> [B, *shape]."""
        x = x[:, : self.shape[0]] if self.each else x
        last = x[:, :, -1:]
        x = x - last if self.level else x
        parts = [x] if self.kernel == 1 else [smooth := moving_mean(x, self.kernel), x - smooth]
        rows = [p.flatten(0, 1) if self.each else p.flatten(1) for p in parts]  # a row for each series
        said = torch.stack([m(r) for m, r in zip(self.maps, rows)]).sum(0).reshape(-1, *self.shape)
        return said + last if self.level else said

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return f"kernel {self.kernel}, {'each channel by itself' if self.each else 'all channels together'}"


def moving_mean(x: Tensor, kernel: int) -> Tensor:
    """Mean over `kernel` steps around each of [B, C, L], the ends repeated beyond them."""
    before = (kernel - 1) // 2
    return F.avg_pool1d(F.pad(x, (before, kernel - 1 - before), mode="replicate"), kernel, stride=1)
