"""A dense network (multilayer perceptron): every unit of a layer sees every unit of the layer before."""

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
NORMS = {"none": nn.Identity, "batch": nn.BatchNorm1d, "layer": nn.LayerNorm}


def dense(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (256, 256),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "none",
) -> nn.Module:
    """Input [B, *shape_in] of any shape, flattened -> output [B, *shape_out]: logits, or values of a regression.

    widths: units of each hidden layer, () for a linear model; activation: relu, leaky_relu, tanh, sigmoid or gelu;
    dropout: share of the units of each hidden layer dropped in training; norm: none, batch or layer, before the
    activation. Raises ValueError for a word that is not among these.
    """
    _known("activation", activation, ACTIVATIONS)
    _known("norm", norm, NORMS)
    n_out = math.prod(shape_out)
    layers: list[nn.Module] = [nn.Flatten()]
    size = math.prod(shape_in)
    for width in widths:
        layers.append(nn.Linear(size, width))
        if norm != "none":
            layers.append(NORMS[norm](width))
        layers.append(ACTIVATIONS[activation]())
        if dropout:
            layers.append(nn.Dropout(dropout))
        size = width
    layers.append(nn.Linear(size, n_out))
    if len(shape_out) > 1:
        layers.append(nn.Unflatten(1, tuple(shape_out)))
    return nn.Sequential(*layers)


def _known(what: str, word: str, known: dict) -> None:
    if word not in known:
        raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")
