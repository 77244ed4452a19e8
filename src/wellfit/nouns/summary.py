"""Summary: the layers of a network in the order of the data's way: output shapes, parameters, receptive field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Layer:
    """name: dotted; type: class name; shape_out: of one example, () where the layer was not called; parameters: its
    own; receptive_field: side (pixels) of the part of the input that one unit sees, per axis where they differ; None
    where it is undefined or the whole input."""

    name: str
    type: str
    shape_out: tuple[int, ...]
    parameters: int
    receptive_field: int | tuple[int, ...] | None = None


def parameters(network: nn.Module) -> int:
    """Numbers that the network learns or holds as parameters, a shared one counted once."""
    return sum(p.numel() for p in network.parameters())


def summary(network: nn.Module, shape_in: Sequence[int]) -> list[Layer]:
    """A row for each layer in the order of its call with one example of zeros; the network is left as it was."""
    rows: list[Layer] = []

    def listen(name: str):
        def hook(module: nn.Module, args, output) -> None:
            shape = tuple(output.shape[1:]) if isinstance(output, Tensor) else ()
            n = sum(p.numel() for p in module.parameters(recurse=False))
            rows.append(Layer(name or "network", type(module).__name__, shape, n))

        return hook

    leaves = [(n, m) for n, m in network.named_modules() if not any(True for _ in m.children())]
    hooks = [m.register_forward_hook(listen(n)) for n, m in leaves]
    training, place = network.training, next(network.parameters(), torch.zeros(0)).device
    try:
        network.eval()
        with torch.no_grad():
            network(torch.zeros(1, *shape_in, device=place))
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return rows
