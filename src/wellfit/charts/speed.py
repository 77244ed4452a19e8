"""How many examples a second the training went through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, finite
from wellfit.nouns.drawing import GREEN, name_axes, sheet, tick
from wellfit.nouns.reading import Track
from wellfit.nouns.units import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "training", 40


def speed(examples_s: Track) -> Chart | None:
    """examples_s: training examples a second, by epoch."""
    _, _, values = finite(examples_s)
    if not len(values):
        return None
    middle = float(np.median(values))
    slow = f", in the slowest {count(values.min())}" if len(values) > 1 else ""
    return Chart(
        "Speed", f"In the median epoch {count(middle)} training examples a second{slow}.", lambda: _draw(examples_s)
    )


def _draw(examples_s: Track) -> Figure:
    picture, (ax,) = sheet()
    _, epochs, values = finite(examples_s)
    draw_curve(ax, epochs, values, GREEN)
    ax.set_ylim(0, values.max() * 1.15 if values.max() > 0 else 1)
    tick(ax, whole_x=True)
    name_axes(ax, "epoch", "training examples a second")
    return picture
