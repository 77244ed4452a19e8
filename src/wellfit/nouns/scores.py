"""Scores: figures of merit with their 95 % intervals.

Shares of examples get the Wilson interval (Wilson 1927). Everything else gets the percentile bootstrap: 1,000
resamples of the examples, fixed seed (Efron 1979). A resample is held as weights, so that a figure made of means
is one matrix product for all resamples. Beyond 10,000 examples a random 10,000 are resampled and the interval is
narrowed by sqrt(m / n) (the m-out-of-n bootstrap, Bickel, Götze and van Zwet 1997), so that its cost is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

RESAMPLES, MOST, SEED, CHUNK = 1000, 10_000, 20, 2_000_000

Figures = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(weights [r, m], rows [m]) -> figures [r, f]; the weights of a resample sum to 1."""


def score(value: float, low: float, high: float, n: int, unit: str = "") -> dict:
    """One figure as judge() hands it out; the interval always holds the value."""
    value = float(value)
    low, high = (float(bound) if np.isfinite(bound) else value for bound in (low, high))
    return {"value": value, "low": min(low, value), "high": max(high, value), "unit": unit, "n": int(n)}


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share, `hits` of `n`; it keeps its level at 0, at 1 and for small n."""
    if n == 0:
        return math.nan, math.nan
    p, z2 = hits / n, z * z
    middle, half = p + z2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


def resampled(figures: Figures, n: int, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """(values [f], the same of 1,000 resamples [1000, f]) of figures over n examples; where one is not finite in a
    resample, the value itself stands in."""
    everything = np.arange(n)
    values = figures(np.full((1, n), 1 / max(n, 1)), everything)[0]
    if n < 2:
        return values, np.tile(values, (RESAMPLES, 1))
    rows = everything if n <= MOST else np.sort(np.random.default_rng(seed).choice(n, MOST, replace=False))
    m = len(rows)
    middle = values if m == n else figures(np.full((1, m), 1 / m), rows)[0]
    found = np.concatenate([figures(weights, rows) for weights in _resamples(m, seed)])
    away = np.where(np.isfinite(found), found, middle) - middle
    return values, values + np.nan_to_num(away) * math.sqrt(m / n)


def spread(figures: Figures, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values, low, high), each [f], of figures over n examples: the central 95 % of 1,000 resamples."""
    values, found = resampled(figures, n)
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    return values, low, high


def means(columns: np.ndarray) -> Figures:
    """The means of columns [n, k] under each resample: [r, k]."""
    return lambda weights, rows: weights @ columns[rows]


def _resamples(m: int, seed: int) -> Iterator[np.ndarray]:
    """Weights [r, m] of RESAMPLES draws with replacement, some at a time."""
    rng, size = np.random.default_rng(seed), max(1, CHUNK // m)
    for start in range(0, RESAMPLES, size):
        r = min(size, RESAMPLES - start)
        draws = rng.integers(0, m, size=(r, m)) + np.arange(r)[:, None] * m
        yield np.bincount(draws.ravel(), minlength=r * m).reshape(r, m) / m
