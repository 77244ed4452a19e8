"""Climatology: what is usual at each cell for the time of year and of day: a mean and waves, fitted by least squares.

Waves of a year and half a year where the training times span a year, of a day and half a day where there are several
times a day (harmonic analysis: Wilks 2019, Statistical Methods in the Atmospheric Sciences, section 10.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wellfit.nouns.grid import Fields, Times

YEARS, DAYS = 1.0, 20.0  # that training times must span at least, for waves of a year and of a day
RIDGE = 1e-6


class Waves(NamedTuple):
    """How many waves of a year and of a day; days of a year in the calendar."""

    yearly: int
    daily: int
    year: float

    def design(self, days: np.ndarray) -> np.ndarray:
        """[N, P] of moments in days: 1, then cosine and sine of each wave."""
        found = [np.ones(len(days))]
        for length, waves in ((self.year, self.yearly), (1.0, self.daily)):
            for k in range(1, waves + 1):
                turn = 2 * np.pi * k * np.asarray(days, float) / length
                found += [np.cos(turn), np.sin(turn)]
        return np.stack(found, 1)


def waves_of(times: Times, stop: int) -> Waves:
    """The waves that the times before `stop` can tell."""
    days = times.days[:stop]
    span = float(days[-1] - days[0]) if len(days) > 1 else 0.0
    step = times.year / 12 * times.step if times.unit == "month" else times.step / 86_400
    yearly = 0 if span + step < YEARS * times.year else min(2, int(times.year / step / 2 - 0.5))
    daily = 0 if span < DAYS else min(2, int(1 / step / 2 - 0.5) if step < 1 else 0)
    return Waves(max(0, yearly), max(0, daily), times.year)


def fitted(fields: Fields, stop: int, waves: Waves) -> np.ndarray:
    """Coefficients [P, C, H, W] from the known values of the times before `stop`, all runs together; NaN where a cell
    has none. Read chunk by chunk; a cell that lacks times is fitted to those it has."""
    shape, cells = fields.shape[2:], int(np.prod(fields.shape[2:]))
    p = len(waves.design(np.zeros(1))[0])
    left, right, n = np.zeros((p * p, 1)), np.zeros((p, cells)), np.zeros(cells)
    lacking: np.ndarray | None = None
    for start, values in chunks(fields, stop):
        flat = values.reshape(-1, cells)
        design = np.repeat(waves.design(fields.times.days[start : start + len(values)]), fields.runs, 0)
        squares = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
        known = np.isfinite(flat)
        n += known.sum(0)
        left += squares.sum(0)[:, None]
        right += design.T @ np.nan_to_num(flat, posinf=0.0, neginf=0.0)
        if not known.all():
            gone = np.flatnonzero(~known.all(0))
            lacking = np.zeros((p * p, cells)) if lacking is None else lacking
            lacking[:, gone] += squares.T @ ~known[:, gone]
    ridge = RIDGE * np.eye(p)
    found = np.linalg.solve(left.reshape(p, p) + ridge, right)
    if lacking is not None:
        part = np.flatnonzero(lacking[0] > 0)
        grams = (left - lacking[:, part]).T.reshape(-1, p, p) + ridge
        found[:, part] = np.linalg.solve(grams, right[:, part].T[..., None])[..., 0].T
    return np.where(n > 0, found, np.nan).reshape(p, *shape)


def chunks(fields: Fields, stop: int, start: int = 0) -> Iterator[tuple[int, np.ndarray]]:
    """(first time, values [t, R, C, H, W]) of the times from `start` to `stop`, some 64 MB at a time."""
    for at in range(start, stop, fields.rows):
        yield at, fields.read(at, min(at + fields.rows, stop))
