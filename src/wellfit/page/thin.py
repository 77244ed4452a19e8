"""Thin: a curve of any length as few points as a screen has columns, with nothing lost that an eye would see."""

from __future__ import annotations

from typing import Any

import numpy as np

COLUMNS = 300
"""Columns of pixels that a chart has at most."""
CROWD = 8
"""Curves of a chart from which on each gets half as many columns: they lie over one another."""


def thin(x: np.ndarray, y: np.ndarray, columns: int = COLUMNS) -> np.ndarray:
    """Positions [M] of the points to draw, in order: of each column the first, the lowest, the highest and the last
    (M4, Jugel et al. 2014), so that the drawn line covers the same pixels; and where there is one, a point that is
    not finite, so that a gap stays a gap. x [N] ascending; all of them where 4 * columns would not be fewer.
    """
    if len(x) <= 4 * columns:
        return np.arange(len(x))
    low, high = float(x[0]), float(x[-1])
    column = ((x - low) / ((high - low) or 1.0) * (columns - 1e-9)).astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(column) > 0])
    finite = np.isfinite(y)
    kept = [starts, np.r_[starts[1:], len(x)] - 1]
    for fill, better in ((np.inf, np.minimum), (-np.inf, np.maximum)):
        values = np.where(finite, y, fill)
        best = better.reduceat(values, starts)
        kept.append(_firsts(finite & (values == np.repeat(best, np.diff(np.r_[starts, len(x)]))), column))
    keep = np.zeros(len(x), dtype=bool)
    keep[np.concatenate([*kept, _firsts(~finite, column)])] = True
    return np.flatnonzero(keep)


def _firsts(found: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Of each column (ascending) the first position where it was found."""
    hits = np.flatnonzero(found)
    return hits[np.diff(column[hits], prepend=-1) > 0]


def plain(values: np.ndarray, digits: int = 6) -> list[Any]:
    """For JSON: to `digits` significant digits, None where not finite."""
    finite = np.isfinite(values)
    safe = np.where(finite & (values != 0), values, 1.0)
    places = digits - 1 - np.floor(np.log10(np.abs(safe)))
    up, down = 10.0 ** np.clip(places, 0, 300), 10.0 ** np.clip(-places, 0, 300)  # both exact where they matter
    found: list[Any] = np.where(values == 0, 0.0, np.round(safe * up / down) / up * down).tolist()
    for k in np.flatnonzero(~finite).tolist():
        found[k] = None
    return found
