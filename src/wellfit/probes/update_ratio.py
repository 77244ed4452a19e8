"""How far the last update moved the weights, against their size, layer by layer."""

from __future__ import annotations

import torch

from wellfit.nouns.layers import by_layer, holders, norms
from wellfit.nouns.step import Step

UNIT = ""
PRICE = "two passes over the weights, and a copy of them one step before"


def update_ratio(step: Step) -> dict[str, float]:
    """|w - w_before| / max(|w|, |w_before|) of each layer's parameters together (Euclidean norms).

    The common measure divides by |w_before| alone (Stanford CS231n, Neural Networks 3, "Ratio of weights:updates";
    about 1e-3 is healthy); the larger of the two keeps a layer that starts at zero at 1 instead of infinity.
    Layers whose weights before the update are not known are left out, so {} where none are.
    """
    before = step.weights_before
    layers, now, then = [], [], []
    for layer, name, parameter in holders(step.network):
        if name in before:
            layers.append(layer)
            now.append(parameter.detach())
            then.append(before[name])
    if not layers:
        return {}
    moved = torch._foreach_sub(now, then)
    found, n = norms([*moved, *now, *then]), len(layers)
    change, size, size_before = (by_layer(layers, found[i * n : (i + 1) * n]) for i in range(3))
    return {layer: _ratio(change[layer], max(size[layer], size_before[layer])) for layer in change}


def _ratio(change: float, size: float) -> float:
    return change / size if size else 0.0
