"""Scores: figures of merit with their 95 % intervals, from answers and truth as arrays.

Intervals: Wilson (1927) for shares; else the percentile bootstrap with 1,000 resamples and a fixed seed (Efron 1979).
Beyond 20,000 examples each resample draws m = 20,000 of them and the interval is narrowed by sqrt(m / n) (the
m-out-of-n bootstrap, Bickel, Götze and van Zwet 1997), so that its cost stays bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

RESAMPLES, MOST_DRAWN, SEED, CHUNK = 1000, 20_000, 20, 2_000_000


def score(value: float, low: float, high: float, n: int, unit: str = "") -> dict:
    """One figure as judge() hands it out; the interval always holds the value."""
    value = float(value)
    low, high = (float(b) if np.isfinite(b) else value for b in (low, high))
    return {"value": value, "low": min(low, value), "high": max(high, value), "unit": unit, "n": int(n)}


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share, `hits` of `n` (Wilson 1927): holds its level at 0, at 1 and for small n."""
    if n == 0:
        return math.nan, math.nan
    p, z2 = hits / n, z * z
    middle, half = p + z2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


def bootstrap(
    values: np.ndarray, figure: Callable[[np.ndarray], np.ndarray], resamples: int = RESAMPLES
) -> np.ndarray:
    """`figure` on `resamples` resamples of the examples: values [n, k] -> [resamples].

    `figure` takes values of many resamples at once [r, m, k] and gives [r].
    """
    n = len(values)
    m, rng = min(n, MOST_DRAWN), np.random.default_rng(SEED)
    size = max(1, CHUNK // max(1, m * values.shape[1]))
    parts = []
    for start in range(0, resamples, size):
        draws = rng.integers(0, n, size=(min(size, resamples - start), m))
        parts.append(figure(values[draws]))
    return np.concatenate(parts)


def interval(value: float, resampled: np.ndarray, n: int) -> tuple[float, float]:
    """The central 95 % of resampled figures, narrowed to `n` examples where fewer were drawn."""
    fine = resampled[np.isfinite(resampled)]
    if not len(fine):
        return math.nan, math.nan
    narrow = math.sqrt(min(n, MOST_DRAWN) / n)
    low, high = np.quantile(fine, [0.025, 0.975])
    return value + (low - value) * narrow, value + (high - value) * narrow
