"""The loss of single batches: how noisy a step is, and what happened before the first epoch ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, finite, lost, wide_range
from wellfit.nouns.drawing import BLUE, name_axes, sheet, tick
from wellfit.nouns.reading import Track
from wellfit.nouns.units import count, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "training", 50


def batch_loss(loss: Track) -> Chart | None:
    """loss: of the batch of each watched step."""
    steps, _, values = finite(loss)
    gone = lost(loss)
    if not len(values):
        return None
    tenth = values[-(len(values) // 10) :]
    caption = f"{count(len(values))} watched steps: {figure(values[0])} at first, {figure(values[-1])} at last."
    if len(tenth) >= 5 and len(values) >= 50:
        last = f"{figure(float(np.mean(tenth)))} ± {figure(float(np.std(tenth)), 2)} (standard deviation)"
        caption += f" Over the last {count(len(tenth))}: {last}."
    if gone is not None:
        caption += f" Not finite from epoch {figure(gone)} on, at times."
    return Chart("Loss of single batches", caption, lambda: _draw(steps, values))


def _draw(steps: np.ndarray, values: np.ndarray) -> Figure:
    picture, (ax,) = sheet()
    draw_curve(ax, steps, values, BLUE, width=1.0)
    tick(ax, log=wide_range(values), whole_x=True)
    name_axes(ax, "optimizer step", "loss of one batch")
    return picture
