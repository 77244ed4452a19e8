"""Layers by name, and one figure of each of many tensors in one transfer, for probes and checks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

LARGEST = 2**18
"""Numbers of one activation that its statistics are taken from."""

RELU_LIKE = (nn.ReLU, nn.ReLU6)
"""Activations that give exactly 0 over half the line, where no gradient passes."""

SATURATING = {nn.Tanh: (-1.0, 1.0), nn.Sigmoid: (0.0, 1.0), nn.Hardsigmoid: (0.0, 1.0), nn.Softsign: (-1.0, 1.0)}
"""Activations that flatten out, with the ends of their range."""

_FEATURES_LAST = (nn.Linear, nn.LayerNorm, nn.Embedding, nn.MultiheadAttention, nn.RNNBase)


def holders(network: nn.Module) -> Iterator[tuple[str, str, nn.Parameter]]:
    """(layer, dotted parameter name, parameter) of every parameter, under the module that holds it itself.

    A network that holds parameters at its root is called "network", for "" stands for all layers together.
    A parameter shared by two modules comes with both.
    """
    for layer, module in network.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            yield layer or "network", f"{layer}.{name}" if layer else name, parameter


def leaves(network: nn.Module) -> dict[str, nn.Module]:
    """Modules without children by dotted name, in the order they were registered; a lone one is "network"."""
    return {name or "network": m for name, m in network.named_modules() if not any(True for _ in m.children())}


def unit_axis(layers: dict[str, nn.Module], name: str, activation: Tensor) -> int:
    """The axis of an activation [B, ...] along which its units lie.

    1 for [B, F] and [B, C, ...]; the last for [B, T, F] after a layer that works on the last axis (Linear ...);
    0, each example a unit, for [B].
    """
    if activation.ndim < 3:
        return activation.ndim - 1
    before = list(layers)[: list(layers).index(name)] if name in layers else []
    with_weights = [layers[n] for n in before if any(True for _ in layers[n].parameters(recurse=False))]
    return activation.ndim - 1 if with_weights and isinstance(with_weights[-1], _FEATURES_LAST) else 1


def norms(tensors: Sequence[Tensor]) -> list[float]:
    """Euclidean norm of each tensor; 0 for an empty one."""
    if not tensors:
        return []
    dense = [_dense(t.detach()) for t in tensors]
    if len({(t.dtype, t.device) for t in dense}) > 1:
        return fetch([torch.linalg.vector_norm(t) for t in dense])
    return fetch(torch._foreach_norm(dense))


def fetch(scalars: Sequence[Tensor]) -> list[float]:
    """Scalar tensors as floats, in one transfer where they share a device."""
    if not scalars:
        return []
    if len({s.device for s in scalars}) > 1:
        scalars = [s.cpu() for s in scalars]
    if len({s.dtype for s in scalars}) > 1:
        scalars = [s.double() for s in scalars]
    return torch.stack(list(scalars)).tolist()


def by_layer(layers: Sequence[str], values: Sequence[float]) -> dict[str, float]:
    """Norms of the parts put together to the norm of each layer: sqrt(sum of squares)."""
    parts: dict[str, list[float]] = {}
    for layer, value in zip(layers, values):
        parts.setdefault(layer, []).append(value)
    return {layer: math.hypot(*found) for layer, found in parts.items()}


def numbers(activation: Tensor) -> Tensor:
    """An activation [B, ...] in float32, or float64 where it is that already; of a large one the first examples that
    make up LARGEST numbers, one at least: enough for a mean or a share, and as quick for pictures as for tables."""
    if activation.numel() > LARGEST and activation.ndim > 1:
        activation = activation[: max(1, LARGEST * len(activation) // activation.numel())]
    return _wide(activation)


def _wide(t: Tensor) -> Tensor:
    return t if t.dtype in (torch.float32, torch.float64) else t.float()


def _dense(t: Tensor) -> Tensor:
    if t.is_sparse:
        t = t.coalesce().values()
    return _wide(torch.view_as_real(t) if t.is_complex() else t)
