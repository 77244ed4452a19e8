"""climate: what the training times teach about fields: what is usual, how far values depart from it, what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from wellfit.nouns.climatology import Waves, chunks, fitted, waves_of
from wellfit.nouns.errors import DataError
from wellfit.nouns.field_scaling import FieldScaling
from wellfit.nouns.grid import Fields

DRY = 0.1  # share of exact zeros among values none of which is below zero: amounts, as of rain
SAMPLE = 20_000  # values of a chunk from which the usual size of an amount is told
RAIN = 0.1  # mm: what gauges and radars take for rain (WMO-No. 8, chapter 6)
TINY = 1e-6  # of a value: smaller departures are rounding


@dataclass
class _Sums:
    """By channel [C]: known values, exact zeros, missing values, the least value; squares of departures and their
    counts, by area; some of the values above zero."""

    known: np.ndarray
    zeros: np.ndarray
    missing: np.ndarray
    least: np.ndarray
    squares: np.ndarray
    counts: np.ndarray
    some: list[list[np.ndarray]] = field(default_factory=list)


def learnt(
    fields: Fields, n_train: int, name: str, asked: tuple[tuple[int, ...], int, int, int]
) -> tuple[FieldScaling, np.ndarray]:
    """Climatology and scales from the training times; how many values are missing there, by channel [C].

    asked: channels to predict, history, horizon, cells of a block a side. Raises DataError for a variable that is all
    missing, or never departs from what is usual.
    """
    waves = waves_of(fields.times, n_train)
    usual = fitted(fields, n_train, waves)
    names, units = fields.grid.names, fields.grid.units
    lost = np.flatnonzero(np.isnan(usual[0]).all((1, 2)))
    if len(lost):
        raise _all_missing(names, int(lost[0]), name)
    usual = np.nan_to_num(usual)
    sums = _sums(fields, n_train, waves, usual)
    scale = np.sqrt(sums.squares / np.maximum(sums.counts, 1e-12))
    amount = [0.0] * len(names)
    for c in range(len(names)):
        if sums.least[c] >= 0 and sums.zeros[c] > DRY * sums.known[c]:
            wet = np.concatenate([*sums.some[c], np.zeros(0)])
            amount[c] = RAIN if units[c].startswith("mm") or not len(wet) else float(np.median(wet))
            share = 1 - sums.zeros[c] / sums.known[c]
            scale[c] = np.sqrt(share * (np.log1p(wet / amount[c]) ** 2).mean()) if len(wet) else 0.0
            usual[:, c] = 0.0
        if not scale[c] > TINY * max(1.0, float(np.abs(usual[0, c]).max())):
            found = "it never departs from what is usual in the training times"
            raise DataError(f"the variable {names[c]!r} of {name}", found, "leave it out (xarray: drop_vars)")
    marked = tuple(int(c) for c in np.flatnonzero(sums.missing))
    targets, history, horizon, coarsen = asked
    made = FieldScaling(fields.grid, targets, history, horizon, waves, usual, scale, tuple(amount), marked, coarsen)
    return made, sums.missing


def _all_missing(names: tuple[str, ...], c: int, name: str) -> DataError:
    others = [n for n in names if n != names[c]]
    do = f"leave {names[c]!r} out (xarray: drop_vars)" if others else "give a file that holds some"
    return DataError(f"values of {names[c]!r} in {name}", "all missing in the training times", do)


def _sums(fields: Fields, n_train: int, waves: Waves, usual: np.ndarray) -> _Sums:
    """Read chunk by chunk."""
    c, axes = len(fields.grid.names), (0, 1, 3, 4)
    area = np.ones(fields.grid.cells) if fields.grid.area is None else fields.grid.area
    sums = _Sums(*np.zeros((6, c)), some=[[] for _ in range(c)])
    sums.least += np.inf
    for start, values in chunks(fields, n_train):
        known = np.isfinite(values)
        away = values - np.einsum(
            "tp,pchw->tchw", waves.design(fields.times.days[start : start + len(values)]), usual
        )[:, None]  # fmt: skip
        sums.known += known.sum(axes)
        sums.missing += (~known).sum(axes)
        sums.zeros += (values == 0).sum(axes)
        sums.least = np.minimum(sums.least, np.where(known, values, np.inf).min(axes))
        sums.squares += (np.where(known, away, 0.0) ** 2 * area).sum(axes)
        sums.counts += (known * area).sum(axes)
        for i in range(c):
            wet = values[:, :, i][values[:, :, i] > 0]
            sums.some[i].append(wet[:: max(1, len(wet) // SAMPLE)])
    return sums
