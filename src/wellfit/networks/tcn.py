"""A temporal convolutional network: a series by dilated convolutions, which see the past alone.

Shapes: B examples, C channels (variables), L steps, V words of a vocabulary, K outputs.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

INPUTS, OUTPUTS = ("series", "tokens"), ("vector", "steps")
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
PADDINGS = {"zero": "constant", "replicate": "replicate", "reflect": "reflect", "circular": "circular"}  # torch's words
READS = ("auto", "last", "mean", "each")


def tcn(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (64, 64, 64, 64),
    activation: str = "relu",
    dropout: float = 0.1,
    norm: str = "none",
    kernel: int = 3,
    base: int = 2,
    dilation: int = 1,
    padding: str = "zero",
    causal: bool = True,
    vocabulary: int = 0,
    read: str = "auto",
) -> nn.Module:
    """Series [B, C, L], or tokens [B, L] (whole numbers under `vocabulary`) -> [B, *shape_out].

    For each width a residual block of two convolutions whose kernels reach 1, 2, 4, 8 ... steps apart, each with norm,
    activation and dropout (Bai, Kolter & Koltun 2018, arXiv:1803.01271). A step sees itself and the
    2 (kernel - 1) (1 + 2 + 4 + ...) steps before it.

    widths: channels of each block; activation: relu, leaky_relu, tanh, sigmoid, gelu; norm: none, batch, layer (over
    channels, each step by itself); base: how much farther apart each block reaches than the one before; dilation: steps
    between the points of the first block's kernels; padding: what stands before the first step (and after the last):
    zero, replicate (the end itself, again), and where causal is off reflect, circular (a series that comes round, as
    along a parallel); causal: no step sees a later one, else both sides alike;
    vocabulary: number of different tokens, 0 for series of numbers; read: what becomes the output: last (the last
    step), mean (over steps), each (every step gives K numbers; shape_out = (K, L)), auto (each where shape_out is
    (K, L), else last where causal, else mean). Raises ValueError for what cannot be.
    """
    _must_know(activation=(activation, ACTIVATIONS), norm=(norm, NORMS), read=(read, READS))
    _must_know(padding=(padding, PADDINGS))
    if len(shape_in) != (1 if vocabulary else 2) or not widths or kernel < 2 or min(base, dilation) < 1:
        asked = "tcn takes series [C, L], or tokens [L] with vocabulary, widths, kernel 2, base and dilation 1 or more"
        raise ValueError(f"{asked}, not inputs of shape {tuple(shape_in)}")
    if not causal and kernel % 2 == 0:
        raise ValueError(f"a kernel of {kernel} has no middle: take an odd one where causal is off")
    _must_reach(padding, causal, dilation * base ** (len(widths) - 1) * (kernel // 2), shape_in[-1])
    each = read == "each" or (read == "auto" and len(shape_out) == 2 and shape_out[1] == shape_in[-1])
    if each and (len(shape_out) != 2 or shape_out[1] != shape_in[-1]):
        raise ValueError(f"an output for each step has shape (K, {shape_in[-1]}), not {tuple(shape_out)}")
    size = widths[0] if vocabulary else shape_in[0]
    layers: dict[str, nn.Module] = {"embedding": Tokens(vocabulary, size)} if vocabulary else {}
    for n, width in enumerate(widths):
        reach = dilation * base**n
        layers[f"block{n + 1}"] = Block(size, width, activation, dropout, norm, kernel, reach, causal, padding)
        size = width
    if each:
        layers["output"] = nn.Conv1d(size, shape_out[0], 1)
        return nn.Sequential(OrderedDict(layers))
    layers["read"] = Read("mean" if read == "mean" or (read == "auto" and not causal) else "last")
    layers["output"] = nn.Linear(size, math.prod(shape_out))
    if len(shape_out) != 1:
        layers["unflatten"] = nn.Unflatten(1, tuple(shape_out))
    return nn.Sequential(OrderedDict(layers))


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


def _must_reach(padding: str, causal: bool, pad: int, steps: int) -> None:
    """Raises ValueError where a padding brings in later steps, or is longer than the series that it comes from."""
    if padding not in ("reflect", "circular"):
        return
    if causal:
        raise ValueError(f"{padding} padding brings later steps before the first: it must have causal off")
    if pad >= steps + (padding == "circular"):
        raise ValueError(f"{padding} padding by {pad} steps must not be used for a series of {steps}")


class Block(nn.Module):
    """activation(x + layers(x)), x through a 1x1 convolution where the channels differ."""

    def __init__(
        self,
        channels: int,
        width: int,
        activation: str,
        dropout: float,
        norm: str,
        kernel: int,
        dilation: int,
        causal: bool,
        padding: str,
    ):
        super().__init__()
        self.around = nn.Conv1d(channels, width, 1) if channels != width else nn.Identity()
        layers: dict[str, nn.Module] = {}
        for n in (1, 2):
            layers[f"pad{n}"] = Before(dilation * (kernel - 1), causal, padding)
            layers[f"conv{n}"] = nn.Conv1d(channels, width, kernel, dilation=dilation, bias=norm != "batch")
            if norm != "none":
                layers[f"norm{n}"] = nn.BatchNorm1d(width) if norm == "batch" else Channels(width)
            layers[f"{activation}{n}"] = ACTIVATIONS[activation]()
            if dropout:
                layers[f"dropout{n}"] = nn.Dropout(dropout)
            channels = width
        self.layers, self.activation = nn.Sequential(OrderedDict(layers)), ACTIVATIONS[activation]()

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, L] -> [B, width, L]."""
        return self.activation(self.around(x) + self.layers(x))


class Before(nn.Module):
    """[B, C, L] -> [B, C, L + pad]: all of it before the first step, or as much after the last."""

    def __init__(self, pad: int, causal: bool, padding: str):
        super().__init__()
        self.padding = padding
        self.pad = (pad, 0) if causal else (pad // 2, pad - pad // 2)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, L] -> [B, C, L + pad]."""
        return F.pad(x, self.pad, PADDINGS[self.padding])

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return f"{self.pad[0]} before, {self.pad[1]} after, {self.padding}"


class Channels(nn.LayerNorm):
    """Layer norm over the channels of [B, C, L], each step by itself, so that none sees another."""

    def forward(self, input: Tensor) -> Tensor:
        """[B, C, L] -> [B, C, L]."""
        return super().forward(input.transpose(1, 2)).transpose(1, 2)


class Tokens(nn.Embedding):
    """Tokens [B, L] -> [B, C, L]."""

    def forward(self, input: Tensor) -> Tensor:
        """Whole numbers of any type, also float."""
        return super().forward(input.long()).transpose(1, 2)


class Read(nn.Module):
    """[B, C, L] -> [B, C]: the last step, or the mean over steps."""

    def __init__(self, what: str):
        super().__init__()
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, L] -> [B, C]."""
        return x.mean(2) if self.what == "mean" else x[:, :, -1]

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return self.what
