"""Fields made up for tests: a wave that travels east over a grid of latitude and longitude, with a seasonal cycle."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.grid import Fields, Grid
from wellfit.nouns.times import times_of


def wave(n: int = 120, *, land: bool = False, runs: int = 1, hours: int = 6, names: tuple[str, ...] = ("t",)) -> Fields:
    """[n, runs, C, 8, 12] around the globe; land: some cells are always missing, another now and then."""
    y, x = np.linspace(-70, 70, 8), np.arange(12) * 30.0
    times = times_of(np.datetime64("2001-01-01T00") + np.arange(n) * np.timedelta64(hours, "h"), "time", "a wave")
    turn = np.deg2rad(x)[None, :] - 0.4 * np.arange(n)[:, None]
    values = 280 + 10 * np.cos(turn)[:, None, None, None, :] * np.cos(np.deg2rad(y))[:, None]
    values = np.repeat(np.repeat(values, runs, 1), len(names), 2)
    values = values + np.random.default_rng(0).normal(0, 0.5, values.shape)
    if land:
        values[..., 2:4, 3:6] = np.nan
        values[::5, ..., 6, 6] = np.nan
    grid = Grid(names, ("K",) * len(names), y, x, "lat", "lon", "degrees_north", "degrees_east", on_globe=True)
    return Fields(grid, times, lambda a, b: values[a:b], runs)
