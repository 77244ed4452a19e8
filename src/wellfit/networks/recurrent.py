"""A recurrent network: reads a series step by step and carries a state along. Plain RNN, LSTM or GRU.

Shapes: B examples, C channels (variables), L steps, V words of a vocabulary, D units, K outputs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

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
CELLS: dict[str, Any] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
READS = ("auto", "last", "each")


def recurrent(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (128,),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "none",
    cell: str = "lstm",
    directions: int = 1,
    vocabulary: int = 0,
    read: str = "auto",
) -> nn.Module:
    """Series [B, C, L], or tokens [B, L] (whole numbers under `vocabulary`) -> [B, *shape_out].

    Layers of cells, then a dense layer of as many units, activation, and a linear layer. Plain RNN (Elman 1990), LSTM
    (Hochreiter & Schmidhuber 1997; forget bias 1, Jozefowicz et al. 2015) or GRU (Cho et al. 2014, arXiv:1406.1078),
    with orthogonal weights from state to state (Saxe et al. 2014). The cells keep their own tanh and sigmoid.

    widths: units of each layer; activation (before the last layer): relu, leaky_relu, tanh, sigmoid, gelu; dropout:
    after each layer; norm: none, batch, layer, of what a layer gives; cell: rnn, lstm, gru; directions: 1, or 2 (one
    more from the end to the start); vocabulary: number of different tokens, 0 for series of numbers; read: what becomes
    the output: last (the state at the end), each (every step gives K numbers; shape_out = (K, L)), auto (each where
    shape_out is (K, L), else last). Raises ValueError for what cannot be.
    """
    _must_know(activation=(activation, ACTIVATIONS), norm=(norm, NORMS), cell=(cell, CELLS), read=(read, READS))
    if len(shape_in) != (1 if vocabulary else 2) or directions not in (1, 2) or not widths:
        asked = "recurrent takes series [C, L], or tokens [L] with vocabulary, widths of one or more, directions 1 or 2"
        raise ValueError(f"{asked}, not inputs of shape {tuple(shape_in)}")
    each = read == "each" or (read == "auto" and len(shape_out) == 2 and shape_out[1] == shape_in[-1])
    if each and (len(shape_out) != 2 or shape_out[1] != shape_in[-1]):
        raise ValueError(f"an output for each step has shape (K, {shape_in[-1]}), not {tuple(shape_out)}")
    return Recurrent(shape_in, shape_out, widths, activation, dropout, norm, cell, directions, vocabulary, each)


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


class Recurrent(nn.Module):
    """See `recurrent`."""

    def __init__(
        self,
        shape_in: Sequence[int],
        shape_out: Sequence[int],
        widths: Sequence[int],
        activation: str,
        dropout: float,
        norm: str,
        cell: str,
        directions: int,
        vocabulary: int,
        each: bool,
    ):
        super().__init__()
        self.shape_out, self.each, self.directions = tuple(shape_out), each, directions
        size = widths[0] if vocabulary else shape_in[0]
        self.embedding = nn.Embedding(vocabulary, size) if vocabulary else None
        self.layers, self.norms = nn.ModuleList(), nn.ModuleList()
        for width in widths:
            layer = CELLS[cell](size, width, batch_first=True, bidirectional=directions == 2)
            _start(layer)
            self.layers.append(layer)
            size = width * directions
            self.norms.append(
                Steps(size) if norm == "batch" else nn.LayerNorm(size) if norm == "layer" else nn.Identity()
            )
        self.dropout = nn.Dropout(dropout)
        self.hidden, self.activation = nn.Linear(size, size), ACTIVATIONS[activation]()
        self.output = nn.Linear(size, shape_out[0] if each else math.prod(shape_out))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, L] or [B, L] -> [B, *shape_out]."""
        h_BLD = x.transpose(1, 2) if self.embedding is None else self.embedding(x.long())
        for layer, norm in zip(self.layers, self.norms):
            h_BLD = self.dropout(norm(layer(h_BLD)[0]))
        if self.each:
            return self.output(self.activation(self.hidden(h_BLD))).transpose(1, 2)
        last = h_BLD[:, -1]
        if self.directions == 2:  # the end of the way forth, and of the way back
            forth, back = h_BLD.chunk(2, -1)
            last = torch.cat([forth[:, -1], back[:, 0]], -1)
        return self.output(self.activation(self.hidden(last))).unflatten(1, self.shape_out)


class Steps(nn.BatchNorm1d):
    """Batch norm of [B, L, D] over examples and steps."""

    def forward(self, input: Tensor) -> Tensor:
        """[B, L, D] -> [B, L, D]."""
        return super().forward(input.transpose(1, 2)).transpose(1, 2)


def _start(layer: nn.RNNBase) -> None:
    """Orthogonal weights from state to state, each gate by itself; biases 0, but 1 for the forget gate of an LSTM."""
    d = layer.hidden_size
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if "weight_hh" in name:
                for gate in parameter.split(d):
                    nn.init.orthogonal_(gate)
            elif "bias" in name:
                parameter.zero_()
                if isinstance(layer, nn.LSTM) and "bias_ih" in name:
                    parameter[d : 2 * d] = 1.0  # gates are input, forget, cell, output
