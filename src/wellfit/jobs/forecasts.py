"""forecasts: a run's answers about fields, each at the moment it is for, as an xarray Dataset that NetCDF can hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.errors import DataError
from wellfit.nouns.grid import Fields, all_windows
from wellfit.nouns.run import write_aside
from wellfit.verbs.keep import Model

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr  # pyright: ignore[reportMissingImports]

AT_ONCE = 64  # windows read and answered together


def forecasts(model: Model, fields: Fields, name: str) -> xr.Dataset:
    """Every forecast that the fields allow, those of moments after the last field too: a variable for each target on
    (time, y, x), or (number, time, y, x) of several runs; "time" is the moment forecast, "origin" the last field's.

    Raises DataError for another grid, and for too few times.
    """
    import xarray as xr  # pyright: ignore[reportMissingImports]

    scaling = model.preparation.fields
    if scaling is None:
        raise DataError("fields over time", "a run that was not trained on such", "give data as in training")
    scaling.must_take(fields.grid, name)
    windows = all_windows(fields, scaling.history, scaling.horizon, answered=False)
    if not len(windows):
        found = f"{len(fields):,} of them in {name}, without {scaling.history} that follow one another"
        raise DataError(f"{scaling.history} times of {fields.times.said()} to forecast from", found, "give more times")
    starts = [windows[i : i + AT_ONCE] for i in range(0, len(windows), AT_ONCE)]
    found = np.concatenate([scaling.whole(model.outputs(w), w.when()).astype(np.float32) for w in starts])
    found = found.reshape(fields.runs, -1, *found.shape[1:])
    n, grid, times = found.shape[1], scaling.grid, fields.times
    plain = ("degrees_north", "degrees_east") if grid.on_globe else ("", "")
    y_unit, x_unit = grid.y_unit or plain[0], grid.x_unit or plain[1]
    dims = ("time", grid.y_name, grid.x_name)
    coords: dict[str, Any] = {
        "time": times.moments(windows[:n].when()),
        "origin": ("time", times.moments(times.days[windows.last[:n]])),
        grid.y_name: (grid.y_name, grid.y, {"units": y_unit} if y_unit else {}),
        grid.x_name: (grid.x_name, grid.x, {"units": x_unit} if x_unit else {}),
    }
    how = f"forecast {times.said(scaling.horizon)} ahead" if scaling.horizon else f"downscaled by {scaling.coarsen}"
    about = lambda c: {"units": grid.units[c], "long_name": f"{grid.names[c]}, {how}"}
    parts = {
        _plain(grid.names[c]): (("number", *dims), found[:, :, k], about(c)) for k, c in enumerate(scaling.targets)
    }
    made = xr.Dataset(parts, coords, {"Conventions": "CF-1.8", "source": "wellfit"})
    return made if fields.runs > 1 else made.isel(number=0)


def _plain(name: str) -> str:
    """A channel's name as NetCDF takes it: 't 850' -> 't_850'."""
    return name.replace(" ", "_").replace("/", "_")


def means(made: xr.Dataset) -> pd.DataFrame:
    """A row for each forecast: its moment, the last field's, and each variable's mean over the cells by area."""
    import pandas as pd

    y, x = made[next(iter(made.data_vars))].dims[-2:]
    globe = str(made[y].attrs.get("units", "")).lower().startswith("degree")
    weight: Any = np.cos(np.deg2rad(made[y])).clip(0) if globe else made[y] * 0 + 1
    flat = made.weighted(weight).mean([y, x])
    named = {n: f"mean {n}" + (f" ({u})" if (u := made[n].attrs.get("units")) else "") for n in flat.data_vars}
    table = flat.to_dataframe().reset_index().rename(columns=named)
    first = [c for c in ("number", "time", "origin") if c in table]
    return pd.DataFrame(table[[*first, *named.values()]])


def write(answers: xr.Dataset, file: Path) -> None:
    """The forecasts as a NetCDF file, whole or not at all. Raises RunError where it cannot be written."""
    write_aside(file, bytes(answers.to_netcdf(None, engine="h5netcdf")))
