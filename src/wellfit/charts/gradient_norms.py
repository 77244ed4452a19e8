"""The size of the gradient by layer: vanishing and exploding gradients show here first."""

from __future__ import annotations

from wellfit.nouns.chart import Chart
from wellfit.nouns.layer_curves import Kinds, layers_chart
from wellfit.nouns.reading import Track

SECTION, ORDER = "inside", 10


def gradient_norms(grad_norm: dict[str, Track], layers: Kinds = ()) -> Chart | None:
    """grad_norm: Euclidean norm of the loss gradient over a layer's parameters."""
    return layers_chart(
        grad_norm, "Gradient norms", "gradient norm (loss per unit of weight)", "Norm of the gradient", kinds=layers
    )
