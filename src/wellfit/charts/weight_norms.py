"""How the weights grow or shrink, by layer."""

from __future__ import annotations

from wellfit.nouns.chart import Chart
from wellfit.nouns.layer_curves import Kinds, layers_chart
from wellfit.nouns.reading import Track

SECTION, ORDER = "inside", 70


def weight_norms(weight_norm: dict[str, Track], layers: Kinds = ()) -> Chart | None:
    """weight_norm: Euclidean norm of a layer's parameters."""
    return layers_chart(
        weight_norm, "Weight norms", "norm of the weights", "Norm of the weights", log=False, kinds=layers
    )
