"""The doctor's trials: training loss of each change that helped beside that of the program as it stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import envelope, label_ends, wide_range
from wellfit.nouns.drawing import GREEN, MUTED, PURPLE, SKY, VERMILION, name_axes, sheet, short, tick
from wellfit.nouns.opinion import Attempt
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "doctor", 30
MOST = 4
COLOURS = (GREEN, SKY, PURPLE)
SMOOTH = 20
"""Runs of steps that a curve's noise is averaged over."""


class _Curve(NamedTuple):
    """steps [n], low, mean and high of the seeds [n]."""

    name: str
    steps: np.ndarray
    low: np.ndarray
    mean: np.ndarray
    high: np.ndarray


def trial_losses(attempts: Sequence[Attempt]) -> Chart | None:
    """attempts: the controls, then the changes, the best first. A change of the loss itself changes what is measured:
    the skills tell which is better."""
    asis = [a for a in attempts if not a.verdict and "as it stands" in a.note]
    helped = [a for a in attempts if a.verdict in ("confirmed", "helps")]
    curves = [c for a in [*asis, *helped][:MOST] if (c := _curve(a)) is not None]
    if not curves:
        return None
    ends = "; ".join(f"{c.name} {figure(float(c.mean[0]))} to {figure(float(c.mean[-1]))}" for c in curves)
    seeds = max(len(a.losses) for a in [*asis, *helped])
    band = f" Band: from the lowest to the highest of {seeds} seeds." if seeds > 1 else ""
    caption = f"Training loss on copies, averaged over runs of steps: {ends}.{band}"
    return Chart("Training again, with one thing changed", caption, lambda: _draw(curves))


def _curve(a: Attempt) -> _Curve | None:
    """Seeds of one length with values that are finite, smoothed."""
    rows = [np.asarray(v, dtype=float) for v in a.losses if len(v)]
    if not rows:
        return None
    n = min(map(len, rows))
    stacked = np.stack([r[:n] for r in rows])
    good = np.isfinite(stacked).all(0) & (np.abs(stacked) < 1e150).all(0)
    if not good.any():
        return None
    steps = np.flatnonzero(good).astype(float)
    smooth = [envelope(steps, row[good], max(len(steps) // SMOOTH, min(len(steps), 40))) for row in stacked]
    means = np.stack([s[2] for s in smooth])
    name = "as it stands" if "as it stands" in a.note else a.words
    return _Curve(name, smooth[0][0], means.min(0), means.mean(0), means.max(0))


def _draw(curves: Sequence[_Curve]) -> Figure:
    picture, (ax,) = sheet(right_in=1.6)
    others = iter(COLOURS)
    ends = []
    for c in curves:
        colour = VERMILION if c.name == "as it stands" else next(others, MUTED)
        if (c.high > c.low).any():
            ax.fill_between(c.steps, c.low, c.high, color=colour, alpha=0.22, linewidth=0)
        ax.plot(c.steps, c.mean, color=colour, marker="o" if len(c.steps) == 1 else "", markersize=4)
        ends.append((float(c.mean[-1]), short(c.name, 32), colour))
    tick(ax, log=wide_range(*(c.mean for c in curves)), whole_x=True)
    label_ends(ax, ends)
    name_axes(ax, "step of the trial", "training loss")
    return picture
