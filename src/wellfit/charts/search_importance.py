"""How much each searched choice matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, beside, name_axes, name_rows, sheet
from wellfit.nouns.units import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "search", 20


def search_importance(search_importance: Sequence[tuple[str, float]]) -> Chart | None:
    """(name, share of the variance of the loss) of each axis, the largest first."""
    rows = [(n, float(s)) for n, s in search_importance if np.isfinite(s)]
    if not rows:
        return None
    said = f"{rows[0][0]} explains {percent(rows[0][1], 0)} of how the loss varies over the space"
    said += f", {rows[-1][0]} {percent(rows[-1][1], 0)}." if len(rows) > 1 else "."
    return Chart("What matters", f"{said[0].upper()}{said[1:]} By fANOVA (Hutter et al. 2014).", lambda: _draw(rows))


def _draw(rows: Sequence[tuple[str, float]]) -> Figure:
    picture, (ax,) = sheet(0.75 + 0.19 * len(rows), left_in=1.2, right_in=0.4)
    at: Any = [-float(n) for n in range(len(rows))]
    ax.barh(at, [s for _, s in rows], 0.62, color=BLUE, alpha=0.9)
    for y, (_, share) in zip(at, rows):
        beside(ax, share, y, percent(share, 0))
    ax.set_xlim(0, 1)
    ax.grid(False)
    ax.set_xticks([0, 0.5, 1])
    name_rows(ax, at, [n for n, _ in rows], 22)
    name_axes(ax, "share of the loss's variance", "")
    return picture
