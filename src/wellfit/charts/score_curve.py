"""The score on the validation rows by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, finite
from wellfit.nouns.drawing import INK, VERMILION, name_axes, sheet, tick
from wellfit.nouns.reading import Track
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "training", 20


def score_curve(valid_score: Track, score_name: str = "score") -> Chart | None:
    """valid_score: what the task's score is (accuracy, share of labels right, R² ...), by epoch."""
    _, epochs, values = finite(valid_score)
    if not len(values):
        return None
    name, best = score_name, int(values.argmax())
    high, last = figure(values[best], 4), figure(values[-1], 4)
    caption = f"On the validation rows the {name} is highest in epoch {epochs[best]:g}, {high}, and {last} in the last."
    return Chart("Validation score", caption, lambda: _draw(valid_score, name))


def _draw(valid_score: Track, name: str) -> Figure:
    picture, (ax,) = sheet()
    _, epochs, values = finite(valid_score)
    draw_curve(ax, epochs, values, VERMILION)
    best = int(values.argmax())
    ax.plot(epochs[best], values[best], "o", color=VERMILION, markersize=5)
    if values.min() < -1 < values.max():  # an R² far below zero says no more than "worse than the mean"
        ax.set_ylim(-1, 1.05)
    ax.annotate(
        figure(values[best], 4),
        (epochs[best], values[best]),
        (0, 5),
        textcoords="offset points",
        ha="center",
        color=INK,
    )
    tick(ax, whole_x=True)
    name_axes(ax, "epoch", name)
    return picture
