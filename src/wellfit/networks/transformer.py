"""A transformer: every step of a series looks at every other by attention; with `causal`, at those before it alone.

Shapes: B examples, C channels (variables), L steps, D units, A heads, V words of a vocabulary, K outputs.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

INIT = "torch"  # what the layers below set themselves
INPUTS, OUTPUTS = ("series", "tokens"), ("vector", "steps")
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
READS = ("auto", "last", "mean", "each")
POSITIONS = ("learnt", "sine", "none")


def transformer(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (128, 128, 128, 128),
    activation: str = "gelu",
    dropout: float = 0.1,
    norm: str = "layer",
    heads: int = 4,
    causal: bool = False,
    positions: str = "learnt",
    patch: int = 1,
    vocabulary: int = 0,
    read: str = "auto",
) -> nn.Module:
    """Series [B, C, L], or tokens [B, L] (whole numbers under `vocabulary`) -> [B, *shape_out].

    For each of `widths`, all alike, a block of attention and two dense layers, four times as wide between, each added
    to what came in (Vaswani et al. 2017, arXiv:1706.03762; norms first, Xiong et al. 2020, arXiv:2002.04745).

    widths: units of each block; activation: relu, leaky_relu, tanh, sigmoid, gelu; dropout: of what each half of a block
    adds; norm: layer, batch, none; heads: must divide the width; causal: a step sees itself and those before it (as in
    GPT), else all (encoder, as in BERT); positions: learnt, sine (as in the paper), none; patch: steps that are taken
    together as one, for long series; vocabulary: number of different tokens, 0 for series of numbers; read: what becomes
    the output: last, mean (over steps), each (every step gives K numbers; shape_out = (K, L)), auto (each where shape_out
    is (K, L), else last where causal, else mean). Raises ValueError for what cannot be.
    """
    _must_know(activation=(activation, ACTIVATIONS), norm=(norm, NORMS), read=(read, READS))
    _must_know(positions=(positions, POSITIONS))
    if len(shape_in) != (1 if vocabulary else 2):
        raise ValueError(f"transformer takes series [C, L], or tokens [L] with vocabulary, not {tuple(shape_in)}")
    if not widths or len(set(widths)) > 1 or heads < 1 or widths[0] % heads:
        raise ValueError(f"widths must be alike and a multiple of the {heads} heads, not {tuple(widths)}")
    each = read == "each" or (read == "auto" and len(shape_out) == 2 and shape_out[1] == shape_in[-1])
    if each and (len(shape_out) != 2 or shape_out[1] != shape_in[-1] or patch != 1):
        raise ValueError(f"an output for each step has shape (K, {shape_in[-1]}) and patch 1, not {tuple(shape_out)}")
    if patch < 1 or shape_in[-1] % patch:
        raise ValueError(f"patch must divide the {shape_in[-1]} steps, not {patch}")
    width, steps = widths[0], shape_in[-1] // patch
    layers: dict[str, nn.Module] = {"enter": Enter(shape_in, width, patch, vocabulary, norm != "batch")}
    if positions != "none":
        layers["positions"] = Positions(steps, width, positions == "learnt")
    for n in range(1, len(widths) + 1):
        layers[f"block{n}"] = Block(width, heads, activation, dropout, norm, causal)
    layers["norm"] = _norm(norm, width)
    if each:
        layers |= {"output": nn.Linear(width, shape_out[0]), "turn": Turn()}
        return nn.Sequential(OrderedDict(layers))
    layers["read"] = Read("mean" if read == "mean" or (read == "auto" and not causal) else "last")
    layers["output"] = nn.Linear(width, math.prod(shape_out))
    if len(shape_out) != 1:
        layers["unflatten"] = nn.Unflatten(1, tuple(shape_out))
    return nn.Sequential(OrderedDict(layers))


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


def _norm(word: str, width: int) -> nn.Module:
    return nn.LayerNorm(width) if word == "layer" else Steps(width) if word == "batch" else nn.Identity()


class Enter(nn.Module):
    """Series [B, C, L] or tokens [B, L] -> [B, L / patch, D]."""

    def __init__(self, shape_in: Sequence[int], width: int, patch: int, vocabulary: int, bias: bool):
        super().__init__()
        self.patch = patch
        inner = width if vocabulary else shape_in[0]
        self.embedding = nn.Embedding(vocabulary, width) if vocabulary else None
        self.linear = nn.Linear(inner * patch, width, bias) if patch > 1 or not vocabulary else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Tokens may be whole numbers of any type, also float."""
        x_BLC = x.transpose(1, 2) if self.embedding is None else self.embedding(x.long())
        return self.linear(x_BLC.unflatten(1, (-1, self.patch)).flatten(2))


class Positions(nn.Module):
    """[B, L, D] with a vector for each place added."""

    places: Tensor

    def __init__(self, steps: int, width: int, learnt: bool):
        super().__init__()
        if learnt:
            self.places = nn.Parameter(torch.randn(steps, width) * 0.02)
            return
        rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
        angles = torch.arange(steps)[:, None] * rates
        waves = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :width]
        self.register_buffer("places", waves, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D], for series that are as long as those it was made for, or shorter."""
        return x + self.places[: x.shape[1]]


class Attention(nn.Module):
    """softmax(q k / sqrt(D / A)) v in A heads."""

    def __init__(self, width: int, heads: int, causal: bool, bias: bool):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.query, self.value, self.output = (nn.Linear(width, width, b) for b in (True, bias, bias))
        self.key = nn.Linear(width, width, bias=False)  # a bias moves all scores alike, which softmax leaves out

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        q, k, v = (f(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for f in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.output(mixed.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """x + attention(norm(x)), then x + dense(norm(x))."""

    def __init__(self, width: int, heads: int, activation: str, dropout: float, norm: str, causal: bool):
        super().__init__()
        bias = norm != "batch"  # batch norms take away what is the same in all steps, and such a bias with it
        self.norm1, self.attention = _norm(norm, width), Attention(width, heads, causal, bias)
        self.norm2, self.linear1 = _norm(norm, width), nn.Linear(width, 4 * width)
        self.activation, self.linear2 = ACTIVATIONS[activation](), nn.Linear(4 * width, width, bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.linear2(self.activation(self.linear1(self.norm2(x)))))


class Steps(nn.BatchNorm1d):
    """Batch norm of [B, L, D] over examples and steps."""

    def forward(self, input: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        return super().forward(input.transpose(1, 2)).transpose(1, 2)


class Read(nn.Module):
    """[B, L, D] -> [B, D]: the last step, or the mean over steps."""

    def __init__(self, what: str):
        super().__init__()
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        """[B, L, D] -> [B, D]."""
        return x.mean(1) if self.what == "mean" else x[:, -1]

    def extra_repr(self) -> str:
        """What shows where the network is printed."""
        return self.what


class Turn(nn.Module):
    """[B, L, K] -> [B, K, L]."""

    def forward(self, x: Tensor) -> Tensor:
        """Swaps the last two axes."""
        return x.transpose(1, 2)
