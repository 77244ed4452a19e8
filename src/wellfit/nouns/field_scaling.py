"""How fields become a network's inputs and its outputs fields again: departures from what is usual, scaled.

Learnt from the training times alone. A channel of departures is (value - climatology) / scale, the same scale in all
cells, so that an error counts alike wherever it is. A channel of amounts (rain: none below zero, zero often) is
log(1 + value / threshold) / scale, since amounts range over orders of magnitude. What is missing becomes 0, that is what
is usual there, and a channel beside says where a value is.

The time of year and of day goes in as well, where the climatology has waves of it: what a field does next depends on it.

For downscaling the network sees the field as its blocks of cells give it, interpolated (`nouns/coarse.py`), and what of
the climatology blocks do not resolve, which tells it coasts and mountains.

N windows, L times a window, C channels, M channels of marks, D of unresolved climatology and E of the clock, K targets, H
rows, W columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.climatology import Waves
from wellfit.nouns.coarse import averaged, coarse_grid, interpolated
from wellfit.nouns.errors import DataError
from wellfit.nouns.grid import Grid, Windows


@dataclass(frozen=True)
class FieldScaling:
    """grid; targets [K]: channels predicted; history L, horizon in steps; waves, usual [P, C, H, W]: climatology;
    scale [C]; amount [C]: thresholds of channels of amounts, 0 for departures; marked: channels with a mark of where
    values are; coarsen: cells of a block a side, of a downscaling, else 1."""

    grid: Grid
    targets: tuple[int, ...]
    history: int
    horizon: int
    waves: Waves
    usual: np.ndarray
    scale: np.ndarray
    amount: tuple[float, ...]
    marked: tuple[int, ...] = ()
    coarsen: int = 1

    @property
    def width(self) -> int:
        """C + M + D + E: channels of one time."""
        return len(self.grid.names) + len(self.marked) + len(self.detailed) + self.clock(np.zeros(1)).shape[1]

    @property
    def detailed(self) -> tuple[int, ...]:
        """[D]: channels whose unresolved climatology goes in as well."""
        return tuple(c for c, least in enumerate(self.amount) if not least) if self.coarsen > 1 else ()

    @property
    def shape_in(self) -> tuple[int, ...]:
        """(L (C + M + D + E), H, W)."""
        return self.history * self.width, *self.grid.cells

    @property
    def shape_out(self) -> tuple[int, ...]:
        """(K, H, W)."""
        return len(self.targets), *self.grid.cells

    @property
    def carried(self) -> tuple[int, ...]:
        """[K]: which inputs are the targets' latest fields."""
        return tuple((self.history - 1) * self.width + k for k in self.targets)

    def clock(self, days: np.ndarray) -> np.ndarray:
        """[N, E]: cosine and sine of the time of year and of day, of mean square 1, where there are waves of it."""
        lengths = [n for n, waves in ((self.waves.year, self.waves.yearly), (1.0, self.waves.daily)) if waves]
        turns = [2 * np.pi * np.asarray(days, float) / n for n in lengths]
        found = [np.sqrt(2) * wave(turn) for turn in turns for wave in (np.cos, np.sin)]
        return np.stack(found, 1) if found else np.zeros((len(days), 0))

    def climate(self, days: np.ndarray, channels: tuple[int, ...] | None = None) -> np.ndarray:
        """[N, C, H, W] of what is usual at those moments, in units; 0 for amounts and where nothing is known."""
        picked = self.usual if channels is None else self.usual[:, list(channels)]
        return np.einsum("np,pchw->nchw", self.waves.design(days), picked)

    def scaled(self, values: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Fields [N, C, H, W] of moments in days, scaled, NaN where they are missing."""
        return self._in_spreads(values - self.climate(days))

    def _in_spreads(self, away: np.ndarray) -> np.ndarray:
        """Departures, and amounts as they are, scaled."""
        away = away.copy()
        for c, threshold in enumerate(self.amount):
            if threshold:
                away[:, c] = np.log1p(np.maximum(away[:, c], 0) / threshold)
        return away / self.scale[:, None, None]

    def _seen(self, values: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Fields [N, C, H, W], or [N, C, h, w] of the coarse grid, as blocks give them, interpolated and scaled."""
        if self.coarsen == 1:
            return self.scaled(values, days)
        if values.shape[2:] == self.grid.cells:
            away = averaged(values - self.climate(days), self.grid, self.coarsen)
        else:
            away = values - averaged(self._known_climate(days), self.grid, self.coarsen)
        return self._in_spreads(interpolated(away, self.grid, self.coarsen))

    def detail(self, days: np.ndarray, channels: tuple[int, ...]) -> np.ndarray:
        """[N, C, H, W] of what is usual at those moments less its blocks, interpolated: what they do not resolve; 0 where
        nothing is known."""
        usual = self._known_climate(days)[:, list(channels)]
        return np.nan_to_num(usual - interpolated(averaged(usual, self.grid, self.coarsen), self.grid, self.coarsen))

    def _known_climate(self, days: np.ndarray) -> np.ndarray:
        """`climate`, NaN in cells of departures that have never been known, of which all coefficients are 0."""
        never = (self.usual == 0).all(0) & (np.array(self.amount) == 0)[:, None, None]
        return np.where(never, np.nan, self.climate(days))

    def steps(self, values: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Fields [N, C, H, W] -> [N, C + M + D + E, H, W] float32 without gaps: fields, marks, details, clock."""
        scaled, clock, own = self._seen(values, days), self.clock(days), list(self.detailed)
        there = np.isfinite(scaled)
        parts = [np.where(there, scaled, 0.0), there[:, list(self.marked)]]
        if own:
            parts.append(self.detail(days, self.detailed) / self.scale[own, None, None])
        parts.append(np.broadcast_to(clock[:, :, None, None], (*clock.shape, *self.grid.cells)))
        return np.concatenate(parts, 1, dtype=np.float32)

    @property
    def coarse(self) -> Grid:
        """The grid of the fields that a downscaling starts from."""
        return coarse_grid(self.grid, self.coarsen)

    def must_take(self, grid: Grid, whose: str) -> None:
        """Raises DataError for another grid than that of training; a downscaling takes the coarse one, too."""
        coarse = self.coarsen > 1 and grid.cells != self.grid.cells
        (self.coarse if coarse else self.grid).must_equal(grid, whose)

    def inputs(self, windows: Any) -> Tensor:
        """Windows of fields -> float32 [N, L (C + M + D + E), H, W]. Raises DataError for another grid."""
        if not isinstance(windows, Windows):
            raise DataError("fields as in training", f"a {type(windows).__name__}",
                            "give a NetCDF, Zarr or GRIB file, or an xarray Dataset")  # fmt: skip
        self.must_take(windows.fields.grid, "the data given")
        found = torch.empty(len(windows), *self.shape_in)
        for i, (run, first) in enumerate(zip(windows.run, windows.first)):
            stop = first + self.history
            values = windows.fields.read(first, stop)[:, run]
            found[i] = torch.from_numpy(self.steps(values, windows.fields.times.days[first:stop])).reshape(
                self.shape_in
            )
        return found

    def answers(self, values: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Fields [N, C, H, W] in units -> the targets scaled, float32 [N, K, H, W], NaN where they are missing."""
        return self.scaled(values, days)[:, list(self.targets)].astype(np.float32)

    def back(self, outputs: np.ndarray) -> np.ndarray:
        """Scaled targets [N, K, H, W] -> departures, or amounts, in units float64."""
        found = np.asarray(outputs, np.float64) * self.scale[list(self.targets), None, None]
        for k, c in enumerate(self.targets):
            if self.amount[c]:
                found[:, k] = self.amount[c] * np.expm1(np.clip(found[:, k], 0, 50))
        return found

    def whole(self, departures: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Departures [N, K, H, W] at moments in days -> fields in units."""
        return departures + self.climate(days, self.targets)

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """(JSON types, tensors) from which `of` makes the same."""
        json = {
            "grid": self.grid.to_dict(),
            "targets": list(self.targets),
            "history": self.history,
            "horizon": self.horizon,
            "waves": list(self.waves),
            "amount": list(self.amount),
            "marked": list(self.marked),
            "coarsen": self.coarsen,
        }
        return json, {"usual": torch.from_numpy(self.usual).contiguous(), "scale": torch.from_numpy(self.scale)}

    @classmethod
    def of(cls, json: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> FieldScaling:
        """The inverse of `state`."""
        plain = {k: tuple(json[k]) for k in ("targets", "amount", "marked")}
        arrays = {k: v.numpy() for k, v in tensors.items()}
        grid, waves = Grid.of(json["grid"]), Waves(*json["waves"])
        return cls(**{**json, **plain, **arrays, "grid": grid, "waves": waves})
