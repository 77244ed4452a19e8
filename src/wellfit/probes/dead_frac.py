"""Which share of a layer's units is dead."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns.layers import RELU_LIKE, fetch, leaves, unit_axis
from wellfit.nouns.step import Step

UNIT = ""
PRICE = "one pass over the activations of ReLU-like layers"


def dead_frac(step: Step) -> dict[str, float]:
    """Share of the units of each ReLU-like layer that are 0 for the whole batch; NaN where the layer gave nothing.

    A unit is a feature [B, F], or a channel [B, C, ...] at all its places. Such a unit gets no gradient from this
    batch; over 0.7 of them is called dead by AutoTrainer (Zhang et al., ICSE 2021).
    """
    layers = leaves(step.network)
    found = {
        layer: _dead(a, unit_axis(layers, layer, a))
        for layer, a in step.activations.items()
        if isinstance(layers.get(layer), RELU_LIKE)
    }
    return dict(zip(found, fetch(list(found.values()))))


def _dead(activation: Tensor, axis: int) -> Tensor:
    if not activation.numel():
        return torch.full((), float("nan"), device=activation.device)
    others = [d for d in range(activation.ndim) if d != axis]
    top = activation.amax(dim=others) if others else activation  # a ReLU gives nothing below 0
    return (top == 0).float().mean()
