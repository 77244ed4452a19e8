"""How much a model of sequences makes of what came before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, name_axes, sheet, tick
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 30
LEAST = 8


def bits_by_context(bits_by_context: np.ndarray) -> Chart | None:
    """bits_by_context [L - 1]: mean surprise at a test symbol, by how many symbols before it the network saw."""
    bits = np.asarray(bits_by_context, float)
    if len(bits) < LEAST or not np.isfinite(bits).all():
        return None
    tail = bits[-max(1, len(bits) // 4) :].mean()
    caption = (
        f"With one symbol before it a test symbol is a surprise of {figure(bits[0])} bits, with many of {figure(tail)}. "
        "Where the curve is flat, a longer window (data.history) would add nothing."
    )
    return Chart("Surprise by context", caption, lambda: _draw(bits))


def _draw(bits: np.ndarray) -> Figure:
    picture, (ax,) = sheet()
    ax.plot(np.arange(1, len(bits) + 1), bits, color=BLUE)
    ax.set_xscale("log")
    ax.set_ylim(0, bits.max() * 1.1)
    tick(ax)
    name_axes(ax, "symbols seen before", "bits a symbol")
    return picture
