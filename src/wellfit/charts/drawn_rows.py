"""Rows drawn from a learnt density beside rows of the test: how each number is distributed, and what hangs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, ORANGE, name_axes, sheet, short, tick
from wellfit.nouns.units import count, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 8
MOST, BINS = 6, 24


def drawn_rows(drawn_rows: np.ndarray, beside_rows: np.ndarray, drawn_names: np.ndarray) -> Chart | None:
    """drawn_rows [R, F]: rows that the network drew; beside_rows [M, F]: of the test; drawn_names [F]. The columns that
    differ most come first, six at most."""
    drawn, real = (a[np.isfinite(a).all(1)] for a in (drawn_rows, beside_rows))
    if not len(drawn) or not len(real) or drawn.shape[1] != len(drawn_names):
        return None
    apart = [_apart(a, b) for a, b in zip(drawn.T, real.T)]
    order = np.argsort(apart, kind="stable")[::-1]
    worst = order[0]
    caption = (
        f"{count(len(drawn))} rows that the network drew beside {count(len(real))} of the test. The largest gap between the"
        f" cumulative shares is {figure(apart[worst])}, in {drawn_names[worst]}"
        f" (0: alike, 1: apart; two samples of one kind differ by some {figure(1.2 / np.sqrt(len(real)))}).{_linked(drawn, real)}"
    )
    shown = [(str(drawn_names[j]), drawn[:, j], real[:, j]) for j in order[:MOST]]
    return Chart("Rows drawn from the density", caption, lambda: _draw(shown))


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """The largest gap between the shares of two samples up to each value (Kolmogorov and Smirnov's)."""
    at = np.concatenate([a, b])
    share = [np.searchsorted(np.sort(v), at, side="right") / len(v) for v in (a, b)]
    return float(np.abs(share[0] - share[1]).max())


def _linked(drawn: np.ndarray, real: np.ndarray) -> str:
    """How far correlations differ, in words; "" for a single column or too few rows."""
    varied = [j for j in range(drawn.shape[1]) if min(np.ptp(drawn[:, j]), np.ptp(real[:, j])) > 0]
    if len(varied) < 2 or min(len(drawn), len(real)) < 8:
        return ""
    a, b = (np.corrcoef(v[:, varied].T) for v in (drawn, real))
    return f" Correlations of two columns differ by {figure(float(np.sqrt(np.mean((a - b) ** 2))))} root mean square."


def _draw(shown: list[tuple[str, np.ndarray, np.ndarray]]) -> Figure:
    across = 2 if len(shown) > 1 else 1
    rows = -(-len(shown) // across)
    picture, axes = sheet(1.25 * rows + 0.45, rows=rows, columns=across, gap_in=0.62)
    for ax, (name, drawn, real) in zip(axes, shown):
        low, high = np.quantile(np.concatenate([drawn, real]), [0.005, 0.995])
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
        for values, colour, fill in ((real, BLUE, True), (drawn, ORANGE, False)):
            heights = np.histogram(values, bins=edges)[0] / len(values)
            ax.stairs(heights, edges, fill=fill, color=colour, alpha=0.45 if fill else 1, linewidth=1.4)
        tick(ax, ticks=3)
        name_axes(ax, short(name, 24), "share; line: drawn")
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
        ax.set_xlabel("nothing")
    return picture
