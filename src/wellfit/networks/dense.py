"""A dense network (multilayer perceptron): every unit of a layer sees every unit of the layer before.

Shapes: B examples, F inputs, E embedded inputs, K frequencies, T bins, D numbers that an input becomes.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn

ACTIVATIONS = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}
NORMS = {"none": None, "batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
INPUTS, OUTPUTS = ("vector", "pictures", "series"), ("vector",)
EMBEDDINGS = ("none", "periodic", "piecewise")


def dense(
    shape_in: Sequence[int],
    shape_out: Sequence[int],
    *,
    widths: Sequence[int] = (256, 256),
    activation: str = "relu",
    dropout: float = 0.0,
    norm: str = "none",
    residual: bool = False,
    embedding: Literal["none", "periodic", "piecewise"] = "none",
    numeric: Sequence[int] | None = None,
    embedding_size: int = 16,
    frequencies: int = 16,
    frequency_sigma: float = 0.3,
    bins: int = 64,
) -> nn.Module:
    """Input [B, *shape_in] of any shape, flattened -> output [B, *shape_out]: logits, or values of a regression.

    widths: units of each hidden layer, () for a linear model; activation: relu, leaky_relu, tanh, sigmoid, gelu;
    dropout: share of each hidden layer's units dropped in training; norm: none, batch, layer, before the activation;
    residual: a hidden layer as wide as the one before is added to it (He et al. 2016, arXiv:1512.03385).

    embedding: each number becomes `embedding_size` numbers of its own first, which lets a network follow steps and
    bends in a table's columns (Gorishniy et al. 2022, arXiv:2203.05556). "periodic": sines and cosines of
    `frequencies` learnt frequencies, drawn with standard deviation `frequency_sigma`, then linear, then ReLU;
    "piecewise": how far the number has come through each of at most `bins` bins, then linear, then ReLU; `put_edges` of
    the embedding says where the bins lie. numeric: places of the inputs to embed, all where None; the others (0/1 ...)
    follow as they are.

    Raises ValueError for a word, size or place that cannot be.
    """
    for what, word, known in (
        ("activation", activation, ACTIVATIONS),
        ("norm", norm, NORMS),
        ("embedding", embedding, EMBEDDINGS),
    ):
        if word not in known:
            raise ValueError(f"{what} {word!r} is not known; known are {', '.join(known)}")
    size = math.prod(shape_in)
    layers: dict[str, nn.Module] = {"flatten": nn.Flatten()}
    places = sorted(range(size) if numeric is None else set(numeric))
    if embedding != "none" and places:
        encoding = _encoding(embedding, len(places), frequencies, frequency_sigma, bins)
        layers["embedding"] = front = Embedding(size, places, embedding_size, encoding)
        size = front.size_out
    for n, width in enumerate(widths, 1):
        hidden = _hidden(n, size, width, activation, dropout, norm)
        layers |= {f"block{n}": Residual(OrderedDict(hidden))} if residual and size == width else hidden
        size = width
    layers["output"] = nn.Linear(size, math.prod(shape_out))
    if len(shape_out) != 1:
        layers["unflatten"] = nn.Unflatten(1, tuple(shape_out))
    return nn.Sequential(OrderedDict(layers))


def _hidden(n: int, size: int, width: int, activation: str, dropout: float, norm: str) -> dict[str, nn.Module]:
    """Linear, norm, activation, dropout. Batch norm takes the mean away, and a bias before it with it."""
    layers: dict[str, nn.Module] = {f"linear{n}": nn.Linear(size, width, bias=norm != "batch")}
    if norm != "none":
        layers[f"norm{n}"] = NORMS[norm](width)
    layers[f"{activation}{n}"] = ACTIVATIONS[activation]()
    return layers | ({f"dropout{n}": nn.Dropout(dropout)} if dropout else {})


def _encoding(word: str, features: int, frequencies: int, sigma: float, bins: int) -> Periodic | Piecewise:
    return Periodic(features, frequencies, sigma) if word == "periodic" else Piecewise(features, bins)


class Residual(nn.Sequential):
    """x + layers(x)."""

    def forward(self, input: Tensor) -> Tensor:
        """[B, F] -> [B, F]."""
        return input + super().forward(input)


class Embedding(nn.Module):
    """[B, F] -> [B, E D + F - E]: chosen inputs encoded, made D numbers each by a linear map of its own and ReLU;
    the other inputs after them, as they are."""

    chosen: Tensor
    others: Tensor

    def __init__(self, size: int, places: Sequence[int], embedding_size: int, encoding: Periodic | Piecewise):
        super().__init__()
        if places[0] < 0 or places[-1] >= size or embedding_size < 1:
            raise ValueError(f"numeric must be places from 0 to {size - 1}, embedding_size 1 or more")
        others = [i for i in range(size) if i not in set(places)]
        self.register_buffer("chosen", torch.tensor(places), persistent=False)
        self.register_buffer("others", torch.tensor(others, dtype=torch.long), persistent=False)
        self.size_out = len(places) * embedding_size + len(others)
        self.encoding = encoding
        bound = encoding.size**-0.5  # PyTorch's own for a linear map of so many inputs
        self.weight = nn.Parameter(torch.empty(len(places), encoding.size, embedding_size).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(len(places) * embedding_size).uniform_(-bound, bound))
        self.activation = nn.ReLU()

    @property
    def bins(self) -> int:
        """Bins a number at most; 0 where numbers are not taken bin by bin."""
        return self.encoding.size if isinstance(self.encoding, Piecewise) else 0

    def put_edges(self, edges: Sequence[Tensor]) -> None:
        """Where the bins of each embedded input lie: E rising tensors of 1 to `bins` + 1 edges."""
        if isinstance(self.encoding, Piecewise):
            self.encoding.put(edges)

    def forward(self, x: Tensor) -> Tensor:
        """[B, F] -> [B, E D + F - E]."""
        if not len(self.others):
            return self._embedded(x)
        return torch.cat([self._embedded(x[:, self.chosen]), x[:, self.others]], 1)

    def _embedded(self, x_BE: Tensor) -> Tensor:
        encoded_EBS = self.encoding(x_BE).transpose(0, 1)
        mapped_EBD = torch.bmm(encoded_EBS, self.weight)
        return self.activation(mapped_EBD.transpose(0, 1).flatten(1) + self.bias)


class Periodic(nn.Module):
    """x [B, E] -> [B, E, 2 K]: cos(2 pi c x), sin(2 pi c x) with learnt c [E, K] (equation 2 of the paper)."""

    def __init__(self, features: int, frequencies: int, sigma: float):
        super().__init__()
        if frequencies < 1 or not sigma > 0:
            raise ValueError(f"frequencies must be 1 or more, frequency_sigma above 0, not {frequencies} and {sigma}")
        self.size = 2 * frequencies
        # cut off at three sigma: one very high frequency is enough to make noise of an input
        self.c = nn.Parameter(
            nn.init.trunc_normal_(torch.empty(features, frequencies), 0, sigma, -3 * sigma, 3 * sigma)
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, E] -> [B, E, 2 K]."""
        phase = 2 * math.pi * self.c * x[:, :, None]
        return torch.cat([phase.cos(), phase.sin()], -1)


class Piecewise(nn.Module):
    """x [B, E] -> [B, E, T]: for each bin 0 below it, 1 above it, straight between (equation 1 of the paper); the
    first and the last bin go on outwards. Bins without width (few distinct values) give 0."""

    low: Tensor
    per_width: Tensor
    least: Tensor
    most: Tensor

    def __init__(self, features: int, bins: int):
        super().__init__()
        if bins < 1:
            raise ValueError(f"bins must be 1 or more, not {bins}")
        self.size = bins
        for name in ("low", "per_width", "least", "most"):
            self.register_buffer(name, torch.zeros(features, bins))
        shares = torch.linspace(0, 1, bins + 1, dtype=torch.float64).clamp(0.01, 0.99)
        normal = math.sqrt(2) * torch.erfinv(2 * shares - 1)  # until the real edges are known
        self.put([normal] * features)

    def put(self, edges: Sequence[Tensor]) -> None:
        """See `Embedding.put_edges`."""
        self.per_width.zero_()
        self.least.zero_()
        self.most.fill_(1.0)
        self.least[:, 0] = -math.inf
        for i, edge in enumerate(edges):
            n = len(edge) - 1
            self.low[i] = edge[0]
            if n:
                self.low[i, :n] = edge[:-1]
                self.per_width[i, :n] = 1 / (edge[1:] - edge[:-1])
                self.most[i, n - 1] = math.inf

    def forward(self, x: Tensor) -> Tensor:
        """[B, E] -> [B, E, T]."""
        return ((x[:, :, None] - self.low) * self.per_width).clamp(self.least, self.most)
