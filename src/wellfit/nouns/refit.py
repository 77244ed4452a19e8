"""Refit: a module that was made for another task gets a first and a last layer that fit this one.

Structure alone: the new layers start from PyTorch's own first weights. Which weights are taken over says `verbs/transfer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.errors import NetworkError

CONV = nn.modules.conv._ConvNd


def refit(network: nn.Module, shape_in: Sequence[int], shape_out: Sequence[int]) -> nn.Module:
    """The module with its first convolution for `shape_in` channels and its last layer for `shape_out` outputs, in
    place; timm's `reset_classifier` is used where a module has one. Raises NetworkError where that cannot be."""
    asked = f"{type(network).__name__} for outputs of shape {tuple(shape_out)}"
    _widen(network, shape_in)
    if callable(reset := getattr(network, "reset_classifier", None)):
        reset(shape_out[0])
        return network
    name = last_layer(network, shape_in)
    layer: Any = network.get_submodule(name) if name else None
    n = shape_out[0]
    if isinstance(layer, nn.Linear) and len(shape_out) == 1:
        new: nn.Module = nn.Linear(layer.in_features, n, layer.bias is not None)
    elif isinstance(layer, CONV) and layer.groups == 1:
        new = _like(layer, layer.in_channels, n)
    else:
        found = f"its last layer is {name or '(none)'}, a {type(layer).__name__}"
        raise NetworkError(asked, found, "give a factory that takes (shape_in, shape_out) and makes the fitting layer")
    network.set_submodule(name, new.to(layer.weight.device))
    return network


def _widen(network: nn.Module, shape_in: Sequence[int]) -> None:
    """Another first convolution where the inputs have other channels."""
    for name, layer in network.named_modules():
        if isinstance(layer, CONV):
            if layer.in_channels != shape_in[0] and layer.groups == 1 and name:
                network.set_submodule(name, _like(layer, shape_in[0], layer.out_channels).to(layer.weight.device))
            return


def _like(layer: Any, channels_in: int, channels_out: int) -> nn.Module:
    same = {k: getattr(layer, k) for k in ("kernel_size", "stride", "padding", "dilation", "padding_mode")}
    if layer.transposed:
        same["output_padding"] = layer.output_padding
    return type(layer)(channels_in, channels_out, bias=layer.bias is not None, **same)


def last_layer(network: nn.Module, shape_in: Sequence[int]) -> str:
    """Name of the layer with parameters that is called last; "" where none is. Raises NetworkError where the forward
    fails for inputs of this shape."""
    order = called(network, shape_in)
    return order[-1] if order else ""


def called(network: nn.Module, shape_in: Sequence[int]) -> list[str]:
    """Names of the modules with parameters of their own in the order in which they gave their output, for one example
    of zeros; modes and random state are left as they were."""
    found: list[str] = []
    hooks = [
        m.register_forward_hook(lambda module, args, output, name=n: found.append(name))
        for n, m in network.named_modules()
        if n and any(True for _ in m.parameters(recurse=False))
    ]
    modes = {m: m.training for m in network.modules()}
    place: Tensor | None = next(network.parameters(), None)
    try:
        network.eval()
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            network(torch.zeros(2, *shape_in, device=place.device if place is not None else "cpu"))
    except Exception as error:
        said = f"its forward fails: {type(error).__name__}: {str(error).strip().splitlines()[0]}"
        do = "give data of the size that it was made for, or a factory that takes (shape_in, shape_out)"
        raise NetworkError(f"{type(network).__name__} for inputs {tuple(shape_in)}", said, do) from error
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode
    return found
