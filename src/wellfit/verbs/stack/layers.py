"""The stacked networks' weights in one tensor, and their passes forward and back.

Shapes: K networks, B examples, F inputs, U units of a layer (the most of any network), C outputs, P weights and biases.
A narrower network has zeros where a wider one has units: what gives 0 gets no gradient, and stays 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

aten = torch.ops.aten
ACT: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu, "leaky_relu": F.leaky_relu, "tanh": torch.tanh, "gelu": F.gelu,
}  # fmt: skip
BACK: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "relu": lambda grad, before, after: aten.threshold_backward(grad, after, 0),
    "leaky_relu": lambda grad, before, after: aten.leaky_relu_backward(grad, before, 0.01, False),
    "tanh": lambda grad, before, after: aten.tanh_backward(grad, after),
    "gelu": lambda grad, before, after: aten.gelu_backward(grad, before),
}
"""(gradient of what it gave, what it was given, what it gave) -> gradient of what it was given; all give 0 for 0."""


class Layers:
    """flat [K, P]: all weights, then all biases; grad: their gradients, of the same shape; n_weights: how many of P are
    weights. weight[l] [K, U_out, U_in] and bias[l] [K, U] are views of it."""

    def __init__(self, networks: Sequence[nn.Module], activation: str):
        linear = [[m for m in n.modules() if isinstance(m, nn.Linear)] for n in networks]
        self.activation = activation
        self.shapes = [(max(r[k].out_features for r in linear), max(r[k].in_features for r in linear))
                       for k in range(len(linear[0]))]  # fmt: skip
        self.widths = [[m.out_features for m in row] for row in linear]
        self.n_weights = sum(a * b for a, b in self.shapes)
        first = linear[0][0].weight
        self.flat = torch.zeros(len(networks), self.n_weights + sum(a for a, _ in self.shapes), device=first.device)
        self.grad = torch.zeros_like(self.flat)
        self._view()
        with torch.no_grad():
            for k, row in enumerate(linear):
                for layer, weight, bias in zip(row, self.weight, self.bias):
                    weight[k, : layer.out_features, : layer.in_features] = layer.weight
                    bias[k, : layer.out_features] = layer.bias

    def _view(self) -> None:
        self.weight, self.bias, self.grad_weight, self.grad_bias = [], [], [], []
        at = 0
        for held, weight in ((self.flat, self.weight), (self.grad, self.grad_weight)):
            at = 0
            for out, into in self.shapes:
                weight.append(held[:, at : at + out * into].view(len(held), out, into))
                at += out * into
        for held, bias in ((self.flat, self.bias), (self.grad, self.grad_bias)):
            at = self.n_weights
            for out, _ in self.shapes:
                bias.append(held[:, at : at + out])
                at += out

    def keep(self, rows: Tensor) -> None:
        """Only these networks stay."""
        self.flat, self.grad = self.flat[rows].contiguous(), self.grad[rows].contiguous()
        self.widths = [self.widths[k] for k in rows.tolist()]
        self._view()

    def state(self, k: int) -> list[tuple[Tensor, Tensor]]:
        """(weight, bias) of each layer of network k, without padding."""
        into, found = self.weight[0].shape[2], []
        for w, b, out in zip(self.weight, self.bias, self.widths[k]):
            found.append((w[k, :out, :into], b[k, :out]))
            into = out
        return found

    def forward(self, x: Tensor, noise: Sequence[Tensor | None] = ()) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
        """x [K, B, F] -> (outputs [K, B, C], what `back` needs). noise: of each hidden layer [K, B, U]: 0 where a unit is
        dropped, else 1 / (1 - p)."""
        act, kept, h = ACT[self.activation], [], x
        for n, (w, b) in enumerate(zip(self.weight, self.bias)):
            before = torch.baddbmm(b[:, None], h, w.transpose(1, 2))
            if n + 1 == len(self.weight):
                kept.append((h,))
                return before, kept
            after = act(before)
            drop = noise[n] if noise else None
            kept.append((h, before, after))
            h = after if drop is None else after * drop
        return h, kept

    def back(self, grad: Tensor, kept: list[tuple[Tensor, ...]], noise: Sequence[Tensor | None] = ()) -> None:
        """Gradients of all weights into `grad`, from those of the outputs [K, B, C]."""
        back = BACK[self.activation]
        for n in reversed(range(len(self.weight))):
            torch.bmm(grad.transpose(1, 2), kept[n][0], out=self.grad_weight[n])
            torch.sum(grad, 1, out=self.grad_bias[n])
            if n:
                grad = torch.bmm(grad, self.weight[n])
                drop = noise[n - 1] if noise else None
                if drop is not None:
                    grad = grad * drop
                grad = back(grad, kept[n - 1][1], kept[n - 1][2])
