"""How far the activations spread, by layer: signals that die out or blow up on their way through show here."""

from __future__ import annotations

from wellfit.nouns.chart import Chart
from wellfit.nouns.layer_curves import Kinds, layers_chart
from wellfit.nouns.reading import Track

SECTION, ORDER = "inside", 50


def activation_spread(activation_std: dict[str, Track], layers: Kinds = ()) -> Chart | None:
    """activation_std: standard deviation of a layer's outputs over the batch."""
    return layers_chart(
        activation_std,
        "Spread of activations",
        "standard deviation of outputs",
        "Standard deviation of the outputs",
        kinds=layers,
    )
