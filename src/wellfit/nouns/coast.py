"""Coast: the coastlines of the world, for maps.

coastline.npy holds them as int16 [N, 2], hundredths of a degree of longitude and latitude, a row of GAP between two lines:
Natural Earth 1:110m land, version 4.1 (naturalearthdata.com, public domain), without its edges along 180° and at the pole.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

GAP = -32768
FILE = Path(__file__).with_name("coastline.npy")


@cache
def _lines() -> np.ndarray:
    """[N, 2] longitude and latitude in degrees, NaN between lines."""
    stored = np.load(FILE, allow_pickle=False)
    return np.where(stored == GAP, np.nan, stored / 100.0)


def coast(x: tuple[float, float], y: tuple[float, float]) -> np.ndarray:
    """[N, 2] longitude and latitude in degrees of the coastlines that touch a map of longitudes from x[0] to x[1], which
    may count on beyond 180° or 360°, and latitudes y; NaN where a line ends."""
    found = []
    for turn in np.arange(np.floor((x[0] - 180) / 360), np.ceil((x[1] + 180) / 360) + 1) * 360:
        points = _lines() + np.array([turn, 0.0])
        inside: np.ndarray = np.all((points >= (x[0], y[0])) & (points <= (x[1], y[1])), axis=1)
        near = inside.copy()  # a point further on each side, so that lines run out to the border
        near[1:] |= inside[:-1]
        near[:-1] |= inside[1:]
        if near.any():
            found += [np.where(near[:, None], points, np.nan), np.full((1, 2), np.nan)]
    lines = np.concatenate(found) if found else np.full((1, 2), np.nan)
    known = np.isfinite(lines[:, 0])
    return lines[known | np.r_[True, known[:-1]]]  # one gap between lines is enough
