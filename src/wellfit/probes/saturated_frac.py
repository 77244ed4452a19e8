"""Which share of a layer's activations is saturated."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns.layers import SATURATING, fetch, leaves, numbers
from wellfit.nouns.step import Step

UNIT = ""
PRICE = "two passes over the activations of tanh- and sigmoid-like layers"

MARGIN = 0.01
"""Share of the range at either end that counts as saturated: there a sigmoid's slope is under 4 % of its largest."""


def saturated_frac(step: Step) -> dict[str, float]:
    """Share of each tanh- or sigmoid-like layer's activations within 1 % of its range from one of the range's ends;
    NaN where the layer gave nothing.

    Saturated units pass hardly any gradient back (Glorot & Bengio 2010, section 3).
    """
    layers = leaves(step.network)
    found = {}
    for layer, activation in step.activations.items():
        ends = SATURATING.get(type(layers.get(layer)))  # pyright: ignore[reportArgumentType]
        if ends:
            found[layer] = _saturated(numbers(activation), *ends)
    return dict(zip(found, fetch(list(found.values()))))


def _saturated(activation: Tensor, low: float, high: float) -> Tensor:
    if not activation.numel():
        return torch.full((), float("nan"), device=activation.device)
    middle, reach = (low + high) / 2, (high - low) * (0.5 - MARGIN)
    outer = (activation - middle).abs_() if middle else activation.abs()
    return torch.count_nonzero(outer > reach) / activation.numel()
