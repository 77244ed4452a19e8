"""How large the weights are, layer by layer."""

from __future__ import annotations

from wellfit.nouns.layers import by_layer, holders, norms
from wellfit.nouns.step import Step

UNIT = ""
PRICE = "one pass over the weights"


def weight_norm(step: Step) -> dict[str, float]:
    """Euclidean norm of each layer's own parameters together, as they stand before the optimizer's step."""
    rows = [(layer, p) for layer, _, p in holders(step.network)]
    return by_layer([layer for layer, _ in rows], norms([p for _, p in rows]))
