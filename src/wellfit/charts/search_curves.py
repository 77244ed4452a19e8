"""The trials of a search: each one's loss by epoch, and where it was stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.attempt import Attempt, best_of
from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import wide_range
from wellfit.nouns.drawing import BLUE, MUTED, VERMILION, name_axes, sheet, tick
from wellfit.nouns.units import figure, many

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "search", 10
MOST, POINTS = 200, 60
"""Curves that are drawn, the best ones, and points of each."""


def search_curves(search_trials: Sequence[Attempt]) -> Chart | None:
    """Loss on validation rows, the best so far, by epoch; whole trials, stopped ones, and the best."""
    held = [a for a in search_trials if a.curve and np.isfinite(list(a.curve.values())).any()]
    if not held:
        return None
    best, whole = best_of(held), sum(a.whole for a in held)
    said = f"{many(len(held), 'trial')}: {whole} came to the end, {len(held) - whole} were stopped (dots)."
    said += f" The best, trial {best.number}, reached {figure(best.loss)}." if best else ""
    return Chart("The trials", said, lambda: _draw(sorted(held, key=lambda a: (not a.whole, a.loss))[:MOST], best))


def _draw(held: Sequence[Attempt], best: Attempt | None) -> Figure:
    picture, (ax,) = sheet()
    drawn = [(a, *_points(a)) for a in reversed(held)]
    for a, x, y in drawn:
        first = best is not None and a.number == best.number
        colour = VERMILION if first else BLUE if a.whole else MUTED
        ax.plot(
            x, y, color=colour, linewidth=1.8 if first else 0.7, alpha=1 if first else 0.55, zorder=3 if first else 2
        )
        if not a.whole:
            ax.plot(x[-1:], y[-1:], ".", color=MUTED, markersize=3, alpha=0.7)
    tick(ax, log=wide_range(*(y for _, _, y in drawn)), whole_x=True)
    name_axes(ax, "epoch", "least validation loss so far")
    return picture


def _points(a: Attempt) -> tuple[np.ndarray, np.ndarray]:
    """Epochs and losses [n], both finite, n at most POINTS."""
    x, y = np.array(sorted(a.curve)), np.array([a.curve[k] for k in sorted(a.curve)], float)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]
    keep = np.unique(np.linspace(0, max(len(x) - 1, 0), POINTS).round().astype(int)) if len(x) else []
    return x[keep], y[keep]
