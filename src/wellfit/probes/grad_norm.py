"""How long the gradient is, layer by layer."""

from __future__ import annotations

from wellfit.nouns.layers import by_layer, holders, norms
from wellfit.nouns.step import Step

UNIT = ""
PRICE = "one pass over the gradients"


def grad_norm(step: Step) -> dict[str, float]:
    """Euclidean norm of the loss's gradient with respect to each layer's own parameters, before clipping.

    Layers without a gradient are left out. In units of the loss over units of the weights.
    """
    rows = [(layer, p.grad) for layer, _, p in holders(step.network) if p.grad is not None]
    return by_layer([layer for layer, _ in rows], norms([grad for _, grad in rows]))
