"""Layers by name, and norms of many tensors in one go, for probes and checks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn


def holders(network: nn.Module) -> Iterator[tuple[str, str, nn.Parameter]]:
    """(layer, dotted parameter name, parameter) of every parameter, under the module that holds it itself.

    A network that holds parameters at its root is called "network", for "" stands for all layers together.
    A parameter shared by two modules comes with both.
    """
    for layer, module in network.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            yield layer or "network", f"{layer}.{name}" if layer else name, parameter


def norms(tensors: Sequence[Tensor]) -> list[float]:
    """Euclidean norm of each tensor, brought to the host in one transfer; 0 for an empty tensor."""
    if not tensors:
        return []
    dense = [_dense(t.detach()) for t in tensors]
    try:
        found = torch._foreach_norm(dense)
    except RuntimeError:  # tensors of several kinds or devices
        found = [torch.linalg.vector_norm(t) for t in dense]
    return fetch(found)


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


def numbers(activations: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Activations as floating-point tensors (whole numbers and half precision made float32)."""
    wide = (torch.float32, torch.float64)
    return {name: a if a.dtype in wide else a.float() for name, a in activations.items()}


def _dense(t: Tensor) -> Tensor:
    if t.is_sparse:
        t = t.coalesce().values()
    if t.is_complex():
        t = torch.view_as_real(t)
    return t.float() if t.dtype in (torch.float16, torch.bfloat16) or not t.is_floating_point() else t
