"""Grid: fields over time on a grid: where and when their values are; the values are read when asked for.

T times, R runs side by side (members of an ensemble; 1 where there are none), C channels (variables × levels), H rows
and W columns; windows hold L times, and answers are H steps after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from wellfit.nouns.errors import DataError
from wellfit.nouns.times import Times
from wellfit.nouns.units import many

NEAR = 1e-3  # of a step between cells: coordinates that differ by less are the same
ROUND = 0.01  # of a circle: columns whose last and first are a step apart, or nearly so, go around the globe


@dataclass(frozen=True)
class Grid:
    """names [C], units [C] of the channels; y [H], x [W]: coordinates, with names and units; on_globe: they are
    latitude and longitude, in degrees."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    y: np.ndarray
    x: np.ndarray
    y_name: str = "y"
    x_name: str = "x"
    y_unit: str = ""
    x_unit: str = ""
    on_globe: bool = False

    @property
    def cells(self) -> tuple[int, int]:
        """(H, W)."""
        return len(self.y), len(self.x)

    @property
    def around(self) -> bool:
        """Do the columns go around the globe, so that the last is a neighbour of the first?"""
        if not self.on_globe or len(self.x) < 4:
            return False
        step = float(np.median(np.diff(self.x)))
        return bool(abs(abs(self.x[-1] - self.x[0] + step) - 360) < ROUND * 360)

    @property
    def area(self) -> np.ndarray | None:
        """float [H, W], cosine of latitude with mean 1: what a cell counts; None where all count the same."""
        if not self.on_globe:
            return None
        rows = np.cos(np.deg2rad(np.clip(self.y, -90, 90))).clip(0)
        return np.repeat((rows / rows.mean())[:, None], len(self.x), 1)

    def to_dict(self) -> dict[str, Any]:
        """JSON types from which `of` makes the same."""
        lists = {"y": self.y.tolist(), "x": self.x.tolist(), "names": list(self.names), "units": list(self.units)}
        return {**vars(self), **lists}

    @classmethod
    def of(cls, json: Mapping[str, Any]) -> Grid:
        """The inverse of `to_dict`."""
        arrays = {k: np.asarray(json[k], float) for k in ("y", "x")}
        return cls(**{**json, **arrays, "names": tuple(json["names"]), "units": tuple(json["units"])})

    def must_equal(self, other: Grid, whose: str) -> None:
        """Raises DataError where `other` has other channels or coordinates."""
        if self.names != other.names:
            found = f"{', '.join(other.names[:8])} on {whose}"
            raise DataError(f"the variables {', '.join(self.names[:8])}, as in training", found, "give the same ones")
        for name, mine, its in ((self.y_name, self.y, other.y), (self.x_name, self.x, other.x)):
            if len(mine) != len(its):
                found = f"{many(len(its), 'value')} of {name} in {whose}"
                raise DataError(f"a grid of {many(len(mine), 'value')} of {name}, as in training", found,
                                "bring the data to the same grid (xarray: interp_like)")  # fmt: skip
            step = abs(float(np.median(np.diff(mine)))) if len(mine) > 1 else 1.0
            far = np.abs(mine - its)
            if far.max() > NEAR * step:
                i = int(far.argmax())
                raise DataError(f"{name} {mine[i]:g} in place {i + 1}, as in training", f"{its[i]:g} in {whose}",
                                "bring the data to the same grid (xarray: interp_like)")  # fmt: skip


@dataclass(frozen=True)
class Fields:
    """grid, times; read: (start, stop) -> float [stop - start, R, C, H, W] in their units, NaN where missing; runs: R."""

    grid: Grid
    times: Times
    read: Callable[[int, int], np.ndarray]
    runs: int = 1

    def __len__(self) -> int:
        return len(self.times)

    @property
    def shape(self) -> tuple[int, ...]:
        """(T, R, C, H, W)."""
        return len(self.times), self.runs, len(self.grid.names), *self.grid.cells

    @cached_property
    def rows(self) -> int:
        """Times read at once: some 64 MB."""
        return max(1, int(8e6 // np.prod(self.shape[1:])))


@dataclass(frozen=True)
class Windows:
    """What a forecast looks back on: `history` times of each run. run, first int [N]: which, and where it begins; the
    answer is `horizon` steps after its last time. Indexing gives some of them; as an array, the fields [N, L C, H, W] in
    their units, the earliest time first."""

    fields: Fields
    run: np.ndarray
    first: np.ndarray
    history: int
    horizon: int

    def __len__(self) -> int:
        return len(self.first)

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, L C, H, W)."""
        return len(self), self.history * len(self.fields.grid.names), *self.fields.grid.cells

    @property
    def last(self) -> np.ndarray:
        """[N]: the time that each window ends with."""
        return self.first + self.history - 1

    def __getitem__(self, rows: Any) -> Windows:
        return replace(self, run=np.atleast_1d(self.run[rows]), first=np.atleast_1d(self.first[rows]))

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        found = np.empty(self.shape, np.float32)
        for i, (run, first) in enumerate(zip(self.run, self.first)):
            found[i] = self.fields.read(first, first + self.history)[:, run].reshape(self.shape[1:])
        return found if dtype is None else found.astype(dtype)

    def when(self) -> np.ndarray:
        """Days since 1970 of what they ask for [N]."""
        return np.array([self.fields.times.ahead(int(i), self.horizon) for i in self.last])


def all_windows(fields: Fields, history: int, horizon: int, *, answered: bool = True) -> Windows:
    """Every window whose times follow one another without a gap, run by run; `answered`: those alone whose answer is
    there."""
    places, n = fields.times.places, len(fields)
    first = np.arange(max(0, n - history + 1))
    first = first[places[first + history - 1] - places[first] == history - 1]
    if answered:
        due = places[first + history - 1] + horizon
        at = np.minimum(np.searchsorted(places, due), n - 1)
        first = first[places[at] == due]
    return Windows(fields, np.repeat(np.arange(fields.runs), len(first)), np.tile(first, fields.runs), history, horizon)


def answer_places(windows: Windows) -> np.ndarray:
    """[N]: the time in the file at which each window's answer stands."""
    places = windows.fields.times.places
    return np.searchsorted(places, places[windows.last] + windows.horizon)
