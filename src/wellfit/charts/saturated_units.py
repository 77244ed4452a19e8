"""The share of activations at the end of their range, by layer."""

from __future__ import annotations

from wellfit.nouns.chart import Chart
from wellfit.nouns.layer_curves import Kinds, layers_chart
from wellfit.nouns.reading import Track

SECTION, ORDER = "inside", 40


def saturated_units(saturated_frac: dict[str, Track], layers: Kinds = ()) -> Chart | None:
    """saturated_frac: share, 0 to 1, of a tanh or sigmoid layer's activations within 1 % of the end of its range."""
    said = "Share of activations within 1 % of the end of their range"
    return layers_chart(
        saturated_frac, "Saturated activations", "share of activations", said, log=False, ceiling=1.02, kinds=layers
    )
