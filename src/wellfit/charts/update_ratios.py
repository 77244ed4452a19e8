"""How large a step is beside the weights it changes, by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import GREEN
from wellfit.nouns.layer_curves import Kinds, layers_chart
from wellfit.nouns.reading import Track
from wellfit.nouns.units import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SECTION, ORDER = "inside", 20
LOW, HIGH = 1e-3, 1e-2  # usual range at a healthy step size (Karpathy, CS231n notes, "ratio of weights:updates")


def update_ratios(update_ratio: dict[str, Track], layers: Kinds = ()) -> Chart | None:
    """update_ratio: |Δw| / |w| of the last update, by layer."""
    if not isinstance(update_ratio, dict):
        return None
    every = np.concatenate([t.values for t in update_ratio.values()] or [np.array([])])
    inside = float(np.mean((every >= LOW) & (every <= HIGH))) if len(every) else 0.0
    also = f"{percent(inside, 0)} of the updates are in the usual band from 0.001 to 0.01 (green)."
    return layers_chart(
        update_ratio,
        "Update ratios",
        "|update| / |weights|",
        "Size of an update beside the weights",
        also=also,
        mark=_band,
        kinds=layers,
    )


def _band(ax: Axes) -> None:
    low, high = ax.get_ylim()
    ax.axhspan(LOW, HIGH, color=GREEN, alpha=0.13, linewidth=0, zorder=0)
    ax.set_ylim(min(low, LOW / 2), max(high, HIGH * 2))
