"""Where the activations are centred, by layer."""

from __future__ import annotations

from wellfit.nouns.chart import Chart
from wellfit.nouns.layer_curves import Kinds, layers_chart
from wellfit.nouns.reading import Track

SECTION, ORDER = "inside", 60


def activation_means(activation_mean: dict[str, Track], layers: Kinds = ()) -> Chart | None:
    """activation_mean: mean of a layer's outputs over the batch."""
    return layers_chart(
        activation_mean, "Means of activations", "mean of outputs", "Mean of the outputs", log=False, kinds=layers
    )
