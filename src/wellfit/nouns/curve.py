"""Curve: how tracks are drawn: thinned to what a page can show, without what is not finite, named at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.drawing import INK, MIDDLE, tint
from wellfit.nouns.reading import Track

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_POINTS = 240


def finite(track: Track, positive: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps, epochs and values [n] where the value is finite (and above zero, for a logarithmic axis)."""
    with np.errstate(invalid="ignore"):
        ok = np.isfinite(track.values) & np.isfinite(track.epochs) & (np.abs(track.values) < 1e150)
        if positive:
            ok &= track.values > 0
    return track.steps[ok], track.epochs[ok], track.values[ok]


def lost(track: Track) -> float | None:
    """The epoch of the first value that is not finite, or None."""
    bad = np.flatnonzero(~np.isfinite(track.values))
    return float(track.epochs[bad[0]]) if len(bad) else None


def envelope(
    x: np.ndarray, y: np.ndarray, most: int = MOST_POINTS
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(x, lowest, mean, highest) [m] of at most `most` runs of neighbouring points, all of them finite."""
    if len(x) <= most:
        return x, y, y, y
    starts = np.linspace(0, len(x), most, endpoint=False).astype(int)
    sizes = np.diff(np.append(starts, len(x)))
    return (
        np.add.reduceat(x.astype(float), starts) / sizes,
        np.minimum.reduceat(y, starts),
        np.add.reduceat(y, starts) / sizes,
        np.maximum.reduceat(y, starts),
    )


def draw_curve(
    ax: Axes,
    x: np.ndarray,
    y: np.ndarray,
    colour: str,
    *,
    most: int = MOST_POINTS,
    width: float = 1.5,
    style: str = "-",
) -> None:
    """A line through finite points; more than `most` become their mean, in a band from the lowest to the highest."""
    x, low, middle, high = envelope(x, y, most)
    if low is not high:
        ax.fill_between(x, low, high, color=colour, alpha=0.22, linewidth=0)
    ax.plot(x, middle, style, color=colour, linewidth=width, marker="o" if len(x) == 1 else "", markersize=4)


def wide_range(*values: np.ndarray, times: float = 30) -> bool:
    """Do these values want a logarithmic axis: all above zero, and the largest over `times` the smallest?"""
    every = np.concatenate([np.asarray(v, dtype=float) for v in values]) if values else np.array([])
    return bool(len(every) and every.min() > 0 and every.max() / every.min() > times)


def label_ends(ax: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Names (y, name, colour) at the right edge beside where their curves end, moved apart where they would overlap."""
    high_pt = ax.get_position().height * ax.figure.bbox.height / ax.figure.dpi * 72
    apart = 9.5 / high_pt
    ax.autoscale_view()  # else the limits are not yet those of the data
    to_axes = ax.transData + ax.transAxes.inverted()
    placed = sorted(
        ((float(to_axes.transform((1.0, y))[1]), name, colour) for y, name, colour in ends),
        key=lambda p: p[0],
    )
    at: list[float] = []
    for y, _, _ in placed:
        at.append(max(min(max(y, 0.0), 1.0), at[-1] + apart if at else -1.0))
    over = (at[-1] - 1.02) if at else 0.0
    for n in range(len(at) - 1, -1, -1):  # push down again what was pushed over the top
        ceiling = at[n + 1] - apart if n + 1 < len(at) else 1.02
        at[n] = min(at[n], ceiling) if over > 0 else at[n]
    for (y, name, colour), place in zip(placed, at):
        y = min(max(y, 0.0), 1.0)
        ax.plot(
            [1.0, 1.02, 1.05],
            [y, place, place],
            transform=ax.transAxes,
            color=colour,
            linewidth=1.5,
            clip_on=False,
        )
        ax.text(
            1.065,
            place,
            name,
            transform=ax.transAxes,
            va="center_baseline",
            color=INK,
            fontsize=7.5,
            parse_math=False,
        )


def draw_cloud(ax: Axes, x: np.ndarray, y: np.ndarray, colour: str, most: int = 2000) -> None:
    """Points: up to `most` as dots in one path, more as a density picture, whose size does not grow with them."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if len(x) <= most:
        vertices = np.repeat(np.stack([x, y], axis=1), 2, axis=0)
        path = Path(vertices, np.tile([Path.MOVETO, Path.LINETO], len(x)))
        path.should_simplify = False  # it would take these dots, lines without a length, for nothing
        ax.add_patch(
            PathPatch(
                path,
                facecolor="none",
                edgecolor=colour,
                alpha=0.55,
                linewidth=3.2 if len(x) < 500 else 2.2,
                capstyle="round",
            )
        )
        return
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    counts, _, _ = np.histogram2d(y, x, bins=(72, 96), range=((min(y0, y1), max(y0, y1)), (min(x0, x1), max(x0, x1))))
    dense = np.log1p(counts) / np.log1p(max(counts.max(), 1))
    ax.imshow(
        tint(dense, (MIDDLE, MIDDLE)), extent=(x0, x1, y0, y1), origin="lower", aspect="auto", interpolation="none"
    )
