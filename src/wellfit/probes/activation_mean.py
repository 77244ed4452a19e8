"""Where a layer's activations lie."""

from __future__ import annotations

from wellfit.nouns.layers import fetch, numbers
from wellfit.nouns.step import Step

UNIT = ""
PRICE = "one pass over the activations, the first 260,000 of each layer"


def activation_mean(step: Step) -> dict[str, float]:
    """Mean over the batch (a large one's first examples) and all units of what each layer gave; NaN where it gave
    nothing."""
    found = {layer: numbers(a).mean() for layer, a in step.activations.items()}
    return dict(zip(found, fetch(list(found.values()))))
