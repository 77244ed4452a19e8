"""A network on graphs: each node takes up messages from its neighbours, layer by layer.

Shapes: B examples, V nodes (graphs with fewer are filled up with zeros), F features of a node, E kinds of edges, D units.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

INPUTS, OUTPUTS = ("graph",), ("vector", "nodes")
ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = ("none", "batch", "layer")
AGGREGATES = ("sum", "mean")
READS = ("auto", "all", "sum", "mean", "first", "each")


def graph(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (64, 64, 64),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "batch",
    edge_kinds: int = 1,
    aggregate: str = "sum",
    read: str = "auto",
) -> nn.Module:
    """Graphs [B, V, F + E V] -> [B, *shape_out]: the F features of each node, then, for each kind of edge, its row of the
    adjacency (0, 1, or weights). A node is there where any number of its row is not 0; what is not there counts nowhere.

    For each width every node adds up what its neighbours send, through a matrix for each kind of edge, and what it has
    (Gilmer et al. 2017, arXiv:1704.01212; sums, Xu et al. 2019, arXiv:1810.00826; kinds of edges, Schlichtkrull et al.
    2018, arXiv:1703.06103), norm, activation, dropout, added to what it had. The numbering of nodes plays no part.

    widths: units of each layer; activation: relu, leaky_relu, tanh, sigmoid, gelu; norm: none, batch (over nodes that
    are there), layer; edge_kinds: E; aggregate: sum, or mean of the neighbours; read: what becomes the output: all (sum,
    mean and largest over nodes side by side), sum, mean, first (the first node alone), each (every node gives K numbers;
    shape_out = (K, V)), auto (each where shape_out is (K, V), else all). Raises ValueError for what cannot be.
    """
    _must_know(activation=(activation, ACTIVATIONS), norm=(norm, NORMS), aggregate=(aggregate, AGGREGATES))
    _must_know(read=(read, READS))
    features = shape_in[1] - edge_kinds * shape_in[0] if len(shape_in) == 2 else 0
    if features < 1 or edge_kinds < 1 or not widths:
        asked = f"graph takes [V, F + {edge_kinds} V]: for each of V nodes its features and its rows of the adjacency"
        raise ValueError(f"{asked}, not inputs of shape {tuple(shape_in)}")
    if read == "auto":
        read = "each" if len(shape_out) == 2 and shape_out[1] == shape_in[0] else "all"
    if read == "each" and (len(shape_out) != 2 or shape_out[1] != shape_in[0]):
        raise ValueError(f"an output for each node has shape (K, {shape_in[0]}), not {tuple(shape_out)}")
    return Graph(features, shape_out, widths, activation, dropout, norm, edge_kinds, aggregate, read)


def _must_know(**words: tuple[str, Any]) -> None:
    for what, (word, known) in words.items():
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")


class Graph(nn.Module):
    """See `graph`."""

    def __init__(
        self,
        features: int,
        shape_out: Sequence[int],
        widths: Sequence[int],
        activation: str,
        dropout: float,
        norm: str,
        edge_kinds: int,
        aggregate: str,
        read: str,
    ):
        super().__init__()
        self.features, self.shape_out, self.read = features, tuple(shape_out), read
        self.edge_kinds, self.aggregate = edge_kinds, aggregate
        self.enter = nn.Linear(features, widths[0])
        pairs = list(zip([widths[0], *widths], widths))
        self.messages = nn.ModuleList(Message(c, w, activation, dropout, norm, edge_kinds) for c, w in pairs)
        last = widths[-1]
        self.hidden = nn.Linear(last * (3 if read == "all" else 1), last)
        self.activation = ACTIVATIONS[activation]()
        self.output = nn.Linear(last, shape_out[0] if read == "each" else math.prod(shape_out))

    def forward(self, x: Tensor) -> Tensor:
        """[B, V, F + E V] -> [B, *shape_out]."""
        there_BV1 = (x != 0).any(2, keepdim=True).to(x.dtype)
        a_BEVV = x[..., self.features :].unflatten(2, (self.edge_kinds, -1)).transpose(1, 2)
        if self.aggregate == "mean":
            a_BEVV = a_BEVV / a_BEVV.abs().sum((1, 3), keepdim=True).clamp_min(1e-12)
        h_BVD = self.enter(x[..., : self.features]) * there_BV1
        for message in self.messages:
            h_BVD = message(h_BVD, a_BEVV, there_BV1)
        if self.read == "each":
            return self.output(self.activation(self.hidden(h_BVD))).transpose(1, 2)
        return self.output(self.activation(self.hidden(self._read(h_BVD, there_BV1)))).unflatten(1, self.shape_out)

    def _read(self, h_BVD: Tensor, there_BV1: Tensor) -> Tensor:
        if self.read == "first":
            return h_BVD[:, 0]
        total = h_BVD.sum(1)
        mean = total / there_BV1.sum(1).clamp_min(1)
        if self.read != "all":
            return total if self.read == "sum" else mean
        most = torch.where(there_BV1 > 0, h_BVD, -torch.inf).amax(1)
        most = torch.where(most.isfinite(), most, 0.0)  # of a graph without nodes
        # sums grow with the graph, and would drown the means: a tenth of them
        return torch.cat([total / 10, mean, most], 1)


class Message(nn.Module):
    """h' = h + activation(norm(h W + sum over neighbours and kinds of edges of their h W_e)); h alone where D changes."""

    def __init__(self, channels: int, width: int, activation: str, dropout: float, norm: str, edge_kinds: int):
        super().__init__()
        self.own = nn.Linear(channels, width, bias=norm != "batch")
        self.sent = nn.Linear(channels, width * edge_kinds, bias=False)
        self.norm = {"none": nn.Identity, "batch": nn.BatchNorm1d, "layer": nn.LayerNorm}[norm](width)
        self.activation, self.dropout = ACTIVATIONS[activation](), nn.Dropout(dropout)
        self.edge_kinds, self.around = edge_kinds, channels == width

    def forward(self, h_BVD: Tensor, a_BEVV: Tensor, there_BV1: Tensor) -> Tensor:
        """[B, V, D] -> [B, V, width]."""
        sent_BEVD = self.sent(h_BVD).unflatten(2, (self.edge_kinds, -1)).transpose(1, 2)
        y = self.own(h_BVD) + torch.matmul(a_BEVV, sent_BEVD).sum(1)
        y = self._batch_norm(y, there_BV1) if isinstance(self.norm, nn.BatchNorm1d) else self.norm(y)
        y = self.dropout(self.activation(y)) * there_BV1
        return h_BVD + y if self.around else y

    def _batch_norm(self, y: Tensor, there_BV1: Tensor) -> Tensor:
        there = there_BV1[..., 0] > 0
        if not self.training or bool(there.all()) or int(there.sum()) < 2:
            return self.norm(y.flatten(0, 1)).view_as(y)
        return torch.zeros_like(y).index_put((there,), self.norm(y[there]))
