"""Thin: a curve of any length as few points as a screen has columns, with nothing lost that an eye would see."""

from __future__ import annotations

from typing import Any

import numpy as np

COLUMNS = 600
"""Columns of pixels that a chart has at most."""


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
        hits = np.flatnonzero(finite & (values == np.repeat(best, np.diff(np.r_[starts, len(x)]))))
        _, first = np.unique(column[hits], return_index=True)
        kept.append(hits[first])
    lost = np.flatnonzero(~finite)
    _, first = np.unique(column[lost], return_index=True)
    return np.unique(np.concatenate([*kept, lost[first]]))


def plain(values: np.ndarray, digits: int = 6) -> list[Any]:
    """For JSON: to `digits` significant digits, None where not finite."""
    size = f"{{:.{digits}g}}"
    return [float(size.format(v)) if np.isfinite(v) else None for v in values.tolist()]
