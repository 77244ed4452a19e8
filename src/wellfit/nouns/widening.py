"""Widening: a copy of a network with many times the units in every hidden layer, found out by running it once."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
RECURRENT = (nn.RNN, nn.GRU, nn.LSTM)
LAYERS = (nn.Linear, *CONVS, *TRANSPOSED, *RECURRENT, nn.Embedding)
"""Layers with a width of their own."""
NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm)


def units(layer: nn.Module) -> int:
    """The width of a layer."""
    for name in ("out_features", "out_channels", "hidden_size", "embedding_dim"):
        if hasattr(layer, name):
            return int(getattr(layer, name))
    return 0


def hidden(network: nn.Module) -> list[nn.Module]:
    """The layers but the last of those registered (a table too, where that is the last); none where there are parts that
    cannot be widened."""
    parts = list(network.modules())
    if any(not isinstance(m, (*LAYERS, *NORMS)) and any(True for _ in m.parameters(recurse=False)) for m in parts):
        return []
    if any(isinstance(m, (*CONVS, *TRANSPOSED)) and m.groups > 1 for m in parts):
        return []
    if any(isinstance(m, nn.LSTM) and m.proj_size for m in parts):
        return []
    found: list[nn.Module] = [m for m in parts if isinstance(m, LAYERS)]
    return found if found and isinstance(found[-1], nn.Embedding) else found[:-1]


def widen(network: nn.Module, args: tuple, kwargs: dict[str, Any], factor: int) -> Any:
    """Give every hidden layer of `network` that is used `factor` times its width, weights afresh; the layer used last
    keeps its own (a table does not). args, kwargs: what it is called with. Returns what it then gives; raises where the
    wider parts do not fit together."""
    last = _last_used(network, args, kwargs)
    stand_ins: dict[int, _Fitting] = {}
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, (*LAYERS, *NORMS)):
                stand_ins.setdefault(id(child), _Fitting(child, 1 if child is last else factor))
                setattr(parent, name, stand_ins[id(child)])
    with torch.no_grad():
        given = network(*args, **kwargs)
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, _Fitting):
                setattr(parent, name, child.built if child.built is not None else child.like)
    return given


def _last_used(network: nn.Module, args: tuple, kwargs: dict[str, Any]) -> nn.Module | None:
    used: list[nn.Module] = []
    hooks = [m.register_forward_hook(lambda m, *_: used.append(m)) for m in network.modules() if isinstance(m, LAYERS)]
    try:
        with torch.no_grad():
            copy.copy(network)(*args, **kwargs)
    finally:
        for hook in hooks:
            hook.remove()
    return used[-1] if used and not isinstance(used[-1], nn.Embedding) else None


class _Fitting(nn.Module):
    """Stands in for a layer until its first call shows how wide what comes before it has become."""

    like: nn.Module
    built: nn.Module | None

    def __init__(self, like: nn.Module, factor: int) -> None:
        super().__init__()
        self.__dict__["like"], self.__dict__["built"], self.factor = like, None, factor
        for name in ("hidden_size", "out_features", "out_channels", "embedding_dim"):
            if hasattr(like, name):
                setattr(self, name, getattr(like, name) * factor)
        for name in ("num_layers", "bidirectional", "batch_first"):
            if hasattr(like, name):
                setattr(self, name, getattr(like, name))

    def forward(self, x: Tensor, *rest: Any, **more: Any) -> Any:
        built = self.built
        if built is None:
            built = _like(self.like, x, self.factor).to(x.device).train(self.like.training)
            self.__dict__["built"] = built
        return built(x, *rest, **more)


def _like(layer: Any, x: Tensor, factor: int) -> nn.Module:
    """A layer of the same kind and settings for this input."""
    kind: Any = type(layer)
    if isinstance(layer, nn.Linear):
        return nn.Linear(x.shape[-1], layer.out_features * factor, layer.bias is not None)
    if isinstance(layer, nn.Embedding):
        table = nn.Embedding(layer.num_embeddings, layer.embedding_dim * factor, layer.padding_idx)
        nn.init.normal_(table.weight, std=float(layer.weight.detach().std()))  # as large as the script has them
        if layer.padding_idx is not None:
            table.weight.data[layer.padding_idx] = 0
        return table
    if isinstance(layer, RECURRENT):
        more = {"nonlinearity": layer.nonlinearity} if isinstance(layer, nn.RNN) else {}
        return kind(x.shape[-1], layer.hidden_size * factor, layer.num_layers, bias=layer.bias,
                    batch_first=layer.batch_first, dropout=layer.dropout, bidirectional=layer.bidirectional, **more)  # fmt: skip
    if isinstance(layer, nn.LayerNorm):
        return nn.LayerNorm(x.shape[-len(layer.normalized_shape) :], layer.eps, layer.elementwise_affine)
    if isinstance(layer, nn.GroupNorm):
        return nn.GroupNorm(layer.num_groups, x.shape[1], layer.eps, layer.affine)
    if isinstance(layer, _NormBase):
        return kind(x.shape[1], layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
    more = {"output_padding": layer.output_padding} if isinstance(layer, TRANSPOSED) else {}
    channels = x.shape[-len(layer.kernel_size) - 1]
    return kind(channels, layer.out_channels * factor, layer.kernel_size, layer.stride, layer.padding,
                dilation=layer.dilation, bias=layer.bias is not None, padding_mode=layer.padding_mode, **more)  # fmt: skip
