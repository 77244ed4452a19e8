"""Coarse: fields averaged over blocks of cells, as a coarser model or instrument gives them, and brought back to the
fine grid by linear interpolation.

H rows and W columns of the fine grid, h and w of the coarse one; a block that the border cuts is smaller.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wellfit.nouns.grid import Grid

TINY = 1e-9


def coarse_grid(grid: Grid, side: int) -> Grid:
    """The grid of blocks of `side` x `side` cells, each at the mean of its cells' coordinates."""
    y, x = (_blocks(len(c), side) @ c / _blocks(len(c), side).sum(1) for c in (grid.y, grid.x))
    return replace(grid, y=y, x=x)


def averaged(values: np.ndarray, grid: Grid, side: int) -> np.ndarray:
    """Fields [..., H, W] -> [..., h, w]: the mean by area of each block's known cells, NaN where none is known."""
    rows, columns = (_blocks(n, side) for n in grid.cells)
    area = np.ones(grid.cells) if grid.area is None else np.maximum(grid.area, TINY)
    known = np.isfinite(values)
    total = rows @ (np.where(known, values, 0.0) * area) @ columns.T
    weight = rows @ (known * area) @ columns.T
    return np.where(weight > 0, total / np.maximum(weight, TINY), np.nan)


def interpolated(values: np.ndarray, grid: Grid, side: int) -> np.ndarray:
    """Fields [..., h, w] of the coarse grid -> [..., H, W] by linear interpolation along both axes, around the globe
    where it closes, level beyond the outermost blocks; of the known blocks alone, NaN where none is near."""
    coarse = coarse_grid(grid, side)
    rows = _between(grid.y, coarse.y)
    columns = _between(grid.x, coarse.x, around=grid.around)
    known = np.isfinite(values)
    total = rows @ np.where(known, values, 0.0) @ columns.T
    weight = rows @ known.astype(float) @ columns.T
    return np.where(weight > TINY, total / np.maximum(weight, TINY), np.nan)


def _blocks(n: int, side: int) -> np.ndarray:
    """[n / side, n]: which cells along an axis each block holds, 0 or 1."""
    return (np.arange(n) // side == np.arange(-(-n // side))[:, None]).astype(float)


def _between(at: np.ndarray, centres: np.ndarray, around: bool = False) -> np.ndarray:
    """[len(at), len(centres)]: what each centre counts at each coordinate."""
    n = len(centres)
    index = np.arange(n)
    if n == 1:
        return np.ones((len(at), 1))
    forward = 1.0 if centres[-1] > centres[0] else -1.0
    if around:
        turn = 360.0 * forward
        centres, index = np.r_[centres[-1] - turn, centres, centres[0] + turn], np.r_[n - 1, index, 0]
    place = np.interp(forward * at, forward * centres, np.arange(len(centres)))
    low = np.minimum(place.astype(int), len(centres) - 2)
    weights = np.zeros((len(at), n))
    for step, share in ((low, 1 - (place - low)), (low + 1, place - low)):
        np.add.at(weights, (np.arange(len(at)), index[step]), share)
    return weights
