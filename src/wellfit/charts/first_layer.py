"""What the first layer looks for: its weights as small pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import name_axes, sheet, tint
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "network", 10
MOST, ACROSS = 64, 16


def first_layer(first_weights: np.ndarray, shape_in: Sequence[int]) -> Chart | None:
    """first_weights: [units, C, h, w] of a convolution, or [units, C·H·W] of a dense layer on pictures [C, H, W]."""
    weights = np.asarray(first_weights, dtype=float)
    if weights.ndim == 2 and len(shape_in) == 3 and weights.shape[1] == int(np.prod(shape_in)):
        weights = weights.reshape(-1, *shape_in)
    if weights.ndim != 4 or not weights.size or not np.isfinite(weights).any() or weights.shape[-1] < 2:
        return None
    weights = np.nan_to_num(weights, posinf=0, neginf=0)
    strength = np.sqrt((weights**2).mean(axis=(1, 2, 3)))
    filters = weights[np.argsort(-strength, kind="stable")][:MOST].mean(axis=1)
    shown = f"all {len(weights)}" if len(weights) <= MOST else f"the {MOST} strongest of {len(weights)}"
    size = f"{weights.shape[2]}×{weights.shape[3]}{' (mean over channels)' * (weights.shape[1] > 1)}"
    caption = (
        f"Weights of {shown} units of the first layer, {size}, strongest first; blue is positive, orange negative, "
    )
    caption += f"each unit on its own scale. Root mean square weight from {figure(strength.max())} to "
    caption += f"{figure(strength.min())}. Noise in every unit would mean that little was learnt here."
    return Chart("Filters of the first layer", caption, lambda: _draw(filters))


def _draw(filters: np.ndarray) -> Figure:
    n, h, w = filters.shape
    across = min(n, ACROSS if n > 32 else 8)
    rows = -(-n // across)
    canvas = np.zeros((rows * (h + 1) - 1, across * (w + 1) - 1))
    scale = np.abs(filters).max(axis=(1, 2), initial=1e-30)
    for i, (one, most) in enumerate(zip(filters, scale)):
        r, c = divmod(i, across)
        canvas[r * (h + 1) : r * (h + 1) + h, c * (w + 1) : c * (w + 1) + w] = one / most
    wide = 3.6
    picture, (ax,) = sheet(
        min(wide * canvas.shape[0] / canvas.shape[1], 5.0) + 0.55,
        left_in=0.25,
        right_in=0.15,
        top_in=0.25,
        bottom_in=0.3,
    )
    ax.set_anchor("NW")
    ax.imshow(tint(canvas), interpolation="none", aspect="equal", extent=(0, across, rows, 0) if h == w else None)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    name_axes(ax, f"{across} units a row, {w} × {h} weights each", "units, strongest first")
    return picture
