"""How far a layer's activations spread."""

from __future__ import annotations

from torch import float32

from wellfit.nouns.layers import fetch, numbers
from wellfit.nouns.step import Step

UNIT = ""
PRICE = "two passes over the activations, the first 260,000 of each layer"


def activation_std(step: Step) -> dict[str, float]:
    """Standard deviation over the batch (a large one's first examples) and all units together (divided by their
    number) of what each layer gave; NaN where it gave nothing.

    Kept from layer to layer, signals neither vanish nor explode (Glorot & Bengio 2010; He et al. 2015).
    """
    found = {
        layer: numbers(a).std(correction=0) if a.numel() else a.new_full((), float("nan"), dtype=float32)
        for layer, a in step.activations.items()
    }
    return dict(zip(found, fetch(list(found.values()))))
