"""The trials of a search in parallel coordinates: what the good ones have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.attempt import Attempt
from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import INK, MUTED, VERMILION, sheet, short
from wellfit.nouns.space import Axis, Space
from wellfit.nouns.units import brief, many

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "search", 30
GOOD, MOST = 0.25, 300
"""Share of the trials that is drawn in colour; trials drawn."""


def search_axes(search_trials: Sequence[Attempt], search_space: Space) -> Chart | None:
    """Each trial a line over the axes, at its value on each; the best fourth in colour."""
    axes = search_space.axes
    held = [a for a in search_trials if np.isfinite(a.loss) and all(x.key in a.values for x in axes)]
    if not held or not axes:
        return None
    held = sorted(held, key=lambda a: (not a.whole, a.loss))[:MOST]
    good = max(1, round(GOOD * len(held)))
    best = ", ".join(f"{x.name} {_said(held[0].values[x.key])}" for x in axes)
    said = f"Each line is a trial; in colour the best {good} of {many(len(held), 'trial')}. The best one has {best}."
    return Chart("Where the good ones lie", said, lambda: _draw(held, good, axes))


def _draw(held: Sequence[Attempt], good: int, axes: Sequence[Axis]) -> Figure:
    picture, (ax,) = sheet(2.4, left_in=0.35, right_in=0.35, bottom_in=0.6)
    at = np.arange(len(axes))
    for n, a in reversed(list(enumerate(held))):
        line = [_place(x, a.values[x.key]) for x in axes]
        colour, alpha = (VERMILION, 0.8) if n < good else (MUTED, 0.25)
        ax.plot(
            at, line, color=colour, alpha=alpha, linewidth=2 if n == 0 else 0.8, marker="." if len(axes) < 2 else None
        )
    for n, x in enumerate(axes):
        ax.axvline(n, color=MUTED, linewidth=0.7)
        low, high = (x.choices[0], x.choices[-1]) if x.choices else (x.low, x.high)
        ax.text(n, 1.03, _said(high), ha="center", va="bottom", color=INK, fontsize=7)
        ax.text(n, -0.03, _said(low), ha="center", va="top", color=INK, fontsize=7)
    ax.set_ylim(0, 1)
    ax.set_xlim(-0.3, len(axes) - 0.7)
    ax.set_yticks([])
    ax.grid(False)
    ax.set_xticks(at, [short(x.name, max(6, 60 // len(axes))) for x in axes], color=INK, parse_math=False)
    ax.tick_params(axis="x", length=0, pad=14)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel("searched choice, lowest value below, highest above", parse_math=False)
    return picture


def _place(x: Axis, value: Any) -> float:
    """Where a value lies on its axis, 0 to 1."""
    if x.choices:
        said = [_said(c) for c in x.choices]
        return said.index(_said(value)) / max(1, len(said) - 1) if _said(value) in said else 0.5
    low, high = x.low, x.high
    if x.prior == "log":
        low, high, value = np.log(low), np.log(high), np.log(max(float(value), 1e-300))
    return float((value - low) / (high - low)) if high > low else 0.5


def _said(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return short("-".join(map(str, value)) if isinstance(value, list | tuple) else str(value), 10)
    return brief(value)
