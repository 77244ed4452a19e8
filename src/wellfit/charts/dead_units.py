"""The share of units that are zero for a whole batch, by layer."""

from __future__ import annotations

from wellfit.nouns.chart import Chart
from wellfit.nouns.layer_curves import Kinds, layers_chart
from wellfit.nouns.reading import Track

SECTION, ORDER = "inside", 30


def dead_units(dead_frac: dict[str, Track], layers: Kinds = ()) -> Chart | None:
    """dead_frac: share, 0 to 1, of a ReLU-like layer's units that are zero for every example of the batch."""
    return layers_chart(
        dead_frac,
        "Dead units",
        "share of units",
        "Share of units that are zero for a whole batch",
        log=False,
        ceiling=1.02,
        kinds=layers,
    )
