"""Answers with their intervals beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, VERMILION, name_axes, sheet, short, tick
from wellfit.nouns.units import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 12
SHOWN = 300


def intervals(
    task: str, test_truth: np.ndarray, test_outputs: np.ndarray, target_names: Sequence[str] = ()
) -> Chart | None:
    """The first target's 5 to 95 % interval, median and truth on test rows in the order of the median; [N, 3 K]."""
    said, truth = np.asarray(test_outputs, float), np.asarray(test_truth, float)
    if task != "quantiles" or said.ndim != 2 or said.shape != truth.shape or said.shape[1] % 3 or not len(said):
        return None
    k = said.shape[1] // 3
    found = np.column_stack([np.sort(said[:, [0, k, 2 * k]], 1), truth[:, 0]])
    found = found[np.isfinite(found).all(1)]
    if not len(found):
        return None
    inside = float(((found[:, 0] <= found[:, 3]) & (found[:, 3] <= found[:, 2])).mean())
    found = found[np.argsort(found[:, 1], kind="stable")]
    found = found[np.unique(np.linspace(0, len(found) - 1, SHOWN).round().astype(int))]
    name = str(target_names[0]).removesuffix(" 5%") if len(target_names) else "the target"
    caption = (
        f"Test rows in the order of the median that is said: the band should hold 90 % of the true values of {name}, and "
        f"holds {percent(inside)}. Where it widens the network knows less."
    )
    return Chart("Intervals", caption, lambda: _draw(found, name))


def _draw(found: np.ndarray, name: str) -> Figure:
    picture, (ax,) = sheet()
    x = np.arange(len(found))
    ax.fill_between(x, found[:, 0], found[:, 2], color=BLUE, alpha=0.2, linewidth=0)
    ax.plot(x, found[:, 1], color=BLUE)
    ax.plot(x, found[:, 3], ".", color=VERMILION, markersize=3)
    tick(ax)
    name_axes(ax, "test rows, in order of the median", short(name, 40))
    return picture
