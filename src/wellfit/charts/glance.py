"""The two curves at a glance, small enough for the head of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, finite, label_ends, wide_range
from wellfit.nouns.drawing import BLUE, VERMILION, name_axes, sheet, tick
from wellfit.nouns.reading import Track
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "summary", 20


def glance(valid_loss: Track, train_loss: Track | None = None) -> Chart | None:
    """Training and validation loss over the epochs; None before the first epoch has ended."""
    if not len(finite(valid_loss)[2]):
        return None
    values = finite(valid_loss)[2]
    epochs = f"{len(valid_loss)} epoch{'s' * (len(valid_loss) > 1)}"
    caption = f"Validation loss from {figure(values[0])} to {figure(values.min())} at its best, in {epochs}."
    return Chart("Loss at a glance", caption, lambda: _draw(valid_loss, train_loss))


def _draw(valid_loss: Track, train_loss: Track | None) -> Figure:
    picture, (ax,) = sheet(1.75, right_in=0.85)
    curves = [(train_loss, "training", BLUE)] if train_loss is not None else []
    drawn = [
        (finite(t), name, colour)
        for t, name, colour in [*curves, (valid_loss, "validation", VERMILION)]
        if len(finite(t)[2])
    ]
    for (_, epochs, values), _, colour in drawn:
        draw_curve(ax, epochs, values, colour)
    _, epochs, values = finite(valid_loss)
    best = int(np.argmin(values))
    ax.plot(epochs[best], values[best], "o", color=VERMILION, markersize=5)
    tick(ax, log=wide_range(*(v for (_, _, v), _, _ in drawn)), whole_x=True, ticks=3)
    label_ends(ax, [(float(v[-1]), name, colour) for (_, _, v), name, colour in drawn])
    name_axes(ax, "epoch", "loss")
    return picture
