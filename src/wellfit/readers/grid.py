"""Fields on a grid: NetCDF, Zarr and GRIB through xarray, lazily; coordinates, units, calendars and gaps are kept."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns.blocks import fingerprint_of
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.grid import Fields, Grid, Windows
from wellfit.nouns.times import Times, times_of

ENDS = {".nc": "netcdf", ".nc4": "netcdf", ".cdf": "netcdf", ".netcdf": "netcdf", ".zarr": "zarr",
        ".grib": "cfgrib", ".grib2": "cfgrib", ".grb": "cfgrib", ".grb2": "cfgrib"}  # fmt: skip
AXES = {  # names, units and CF attributes by which a dimension is known
    "t": (("time", "valid_time", "t", "date", "datetime", "month", "year"), (), ("T", "time")),
    "y": (
        ("lat", "latitude", "nav_lat", "rlat", "y", "nj", "south_north", "north"),
        ("degrees_north", "degree_north", "degree_n", "degrees_n"),
        ("Y", "latitude", "projection_y_coordinate", "grid_latitude"),
    ),
    "x": (
        ("lon", "longitude", "nav_lon", "rlon", "x", "ni", "west_east", "east"),
        ("degrees_east", "degree_east", "degree_e", "degrees_e"),
        ("X", "longitude", "projection_x_coordinate", "grid_longitude"),
    ),
    "run": (("number", "member", "ensemble", "realization", "ens"), (), ("E", "realization")),
}


def can_read(source: Any) -> bool:
    """A NetCDF, Zarr or GRIB file, a folder of NetCDF or GRIB files of one grid, an xarray Dataset or DataArray, Fields."""
    if isinstance(source, Fields | Windows):
        return True
    if type(source).__module__.startswith("xarray"):
        return hasattr(source, "dims")
    return bool(isinstance(source, str) and _files(source))


def grid(source: Any, *, target: Any = None, skip_bad: bool = False) -> Raw:
    """Fields over time: every variable that lies on (time, y, x), each level of it a channel, members as runs.

    target: the variables to predict (all, where none is named). Values are read when asked for, chunk by chunk. Raises
    DataError for a damaged file, for variables on no grid or on two, and for a time axis that runs backwards, repeats,
    or has uneven steps.
    """
    files = _files(source) if isinstance(source, str) else []
    name = Path(source).name if files else str(getattr(source, "name", None) or "fields")
    if isinstance(source, Fields | Windows):
        parts = [(source if isinstance(source, Fields) else source.fields, ())]
    else:
        opened = [_open(f) for f in files] if files else [_dataset(source)]
        parts = [_fields(ds, str(f)) for ds, f in zip(opened, files or [name])]
    fields = _joined([p for p, _ in parts], [f.name for f in files]) if len(parts) > 1 else parts[0][0]
    names = fields.grid.names
    wanted = _targets(target, names, name)
    return Raw(
        name.partition(".")[0] if files else name,
        "grid",
        fields,  # type: ignore[arg-type]
        target_names=wanted,
        names=names,
        units={n: u for n, u in zip(names, fields.grid.units) if u},
        fingerprint=fingerprint_of(files) if files else _hash_of(fields),
        findings=parts[0][1],
        area=fields.grid.area,
    )


def _files(source: str) -> list[Path]:
    """The files of a source, in order; [] where it is not of this kind."""
    path = Path(source).expanduser()
    if path.suffix.lower() in ENDS and (path.is_file() or (path.suffix == ".zarr" and path.is_dir())):
        return [path] if path.is_dir() or path.stat().st_size else []
    if path.is_dir():
        if any((path / n).exists() for n in (".zgroup", "zarr.json", ".zmetadata")):
            return [path]
        found = [p for p in path.iterdir() if p.suffix.lower() in ENDS and p.suffix != ".zarr" and p.is_file()]
        return sorted(found)
    return []


def _open(path: Path) -> Any:
    """The file as an xarray Dataset, nothing read but its head. Raises DataError where it cannot be opened."""
    kind = "zarr" if path.is_dir() else ENDS[path.suffix.lower()]
    try:
        import xarray as xr  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise _needs(path, "xarray") from None
    options: dict[str, Any] = {"engine": kind}
    try:
        if kind == "netcdf":
            options["engine"] = _engine(path)
        elif kind == "cfgrib":
            options["backend_kwargs"] = {"indexpath": ""}
            _whole(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return xr.open_dataset(path, cache=False, **options)
    except DataError:
        raise
    except (ImportError, ModuleNotFoundError) as error:
        raise _needs(path, str(error).split("'")[1] if "'" in str(error) else kind) from None
    except Exception as error:  # each library fails in its own way at a damaged file
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> DataError:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0][:140]
    return DataError(f"the fields in {path}", f"damaged or cut short: {said}", "copy or download the file anew")


def _needs(path: Path, package: str) -> DataError:
    if package.startswith("unrecognized engine"):
        package = "cfgrib"
    found = f"{package} is not installed, which reads it"
    return DataError(f"the fields in {path}", found, "pip install 'wellfit[grids]'")


def _engine(path: Path) -> str:
    """h5netcdf for NetCDF 4 (HDF5), scipy for the classic form; by the first bytes."""
    with path.open("rb") as file:
        head = file.read(8)
    if head[:3] == b"CDF" and head[3:4] in (b"\x01", b"\x02"):
        return "scipy"
    if head[:4] == b"\x89HDF":
        return "h5netcdf"
    found = f"it begins with {head[:4]!r}, as no NetCDF file does"
    raise DataError(f"the fields in {path}", found, "give a NetCDF file, or name it by what it is")


def _whole(path: Path) -> None:
    """Raises DataError for a GRIB file that ends within a message: each begins with GRIB and its length, and ends with
    7777 (WMO FM 92)."""
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at < size:
            file.seek(at)
            head = file.read(16)
            start = head.find(b"GRIB")
            if start < 0:
                if at == 0:
                    found = f"it begins with {head[:4]!r}, as no GRIB file does"
                    raise DataError(f"the fields in {path}", found, "give a GRIB file, or name it by what it is")
                at += 12  # blanks between messages
                continue
            at += start
            file.seek(at)
            head = file.read(16).ljust(16, b"\0")
            length = int.from_bytes(head[8:16] if head[7] == 2 else head[4:7], "big")
            file.seek(at + max(length - 4, 0))
            if length < 16 or at + length > size or file.read(4) != b"7777":
                found = f"damaged or cut short: the message at byte {at:,} has no end"
                raise DataError(f"the fields in {path}", found, "copy or download the file anew")
            at += length


def _dataset(source: Any) -> Any:
    return source.to_dataset(name=source.name or "field") if hasattr(source, "to_dataset") else source


def _fields(ds: Any, source: str) -> tuple[Fields, tuple[Finding, ...]]:
    """The variables of a Dataset that lie on one grid, as Fields; what was left out."""
    on = {str(n): roles for n in ds.data_vars if (roles := _roles(ds, ds[n])) and ds[n].dtype.kind in "iuf"}
    if not on:
        raise _no_grid(ds, source)
    first = next(iter(on.values()))
    for name, roles in on.items():
        if [roles[k] for k in "tyx"] != [first[k] for k in "tyx"]:
            both = ((next(iter(on)), first), (name, roles))
            one, other = (f"{n} on ({', '.join(f'{r[k]} {ds.sizes[r[k]]}' for k in 'tyx')})" for n, r in both)
            raise DataError(f"variables of {source} on one grid", f"{one}, {other}",
                            "leave one out (xarray: drop_vars), or bring both to one grid (interp_like)")  # fmt: skip
    times = times_of(ds[first["t"]].values, first["t"], source)
    y, x = (_coordinate(ds, first[k]) for k in "yx")
    channels = [c for n, r in on.items() for c in _channels(ds[n], n, r)]
    runs = max(ds.sizes[r["run"]] if "run" in r else 1 for r in on.values())
    units = tuple(str(ds[n].attrs.get("units", "")) for n, *_ in channels)
    attrs = [getattr(ds.get(first[k]), "attrs", {}) if first[k] in ds else {} for k in "yx"]
    globe = _is_globe(ds, first, attrs)
    made = Grid(
        tuple(label for _, label, *_ in channels), units, y, x, first["y"], first["x"],
        *(str(a.get("units", "")) for a in attrs), on_globe=globe,
    )  # fmt: skip
    left = [str(n) for n in ds.data_vars if str(n) not in on and _matters(ds, n)]
    notes: tuple[Finding, ...] = ()
    if left:
        said = f"{', '.join(map(repr, left[:8]))}: on no (time, y, x) grid of numbers; left out"
        notes = (Finding("columns-left-out", "info", said, stage="data"),)
    return Fields(made, times, _reader(ds, channels, first, runs, source), runs), notes


def _roles(ds: Any, variable: Any) -> dict[str, str]:
    """Which dimension is time, y, x and run; {} where one of the first three is lacking."""
    found: dict[str, str] = {}
    for dim in variable.dims:
        for role in AXES:
            if role not in found and _is(ds, str(dim), role):
                found[role] = str(dim)
                break
    return found if {"t", "y", "x"} <= set(found) else {}


def _is(ds: Any, dim: str, role: str) -> bool:
    names, units, words = AXES[role]
    attrs = ds[dim].attrs if dim in ds.coords else {}
    if role == "t" and dim in ds.coords:
        values = ds[dim]
        return values.dtype.kind == "M" or (values.dtype == object and hasattr(values.values.flat[0], "calendar"))
    low = dim.lower()
    said = (attrs.get("axis"), attrs.get("standard_name"))
    return low in names or str(attrs.get("units", "")).lower() in units or any(s in words for s in said if s)


def _matters(ds: Any, name: Any) -> bool:
    """Is a variable that was left out more than bounds, a grid mapping or a label?"""
    v = ds[name]
    return v.ndim > 1 and v.dtype.kind in "iuf" and "bnd" not in str(name).lower() and "bound" not in str(name).lower()


def _coordinate(ds: Any, dim: str) -> np.ndarray:
    return np.asarray(ds[dim].values, float) if dim in ds.coords else np.arange(ds.sizes[dim], dtype=float)


def _is_globe(ds: Any, roles: dict[str, str], attrs: Sequence[Any]) -> bool:
    """Are y and x latitude and longitude in degrees?"""
    names, units, _ = AXES["y"]
    y = roles["y"]
    known = y.lower() in names[:2] or str(attrs[0].get("units", "")).lower() in units
    return bool(known and y in ds.coords and float(np.abs(ds[y].values).max()) <= 90.001)


def _channels(variable: Any, name: str, roles: dict[str, str]) -> list[tuple[str, str, dict[str, int]]]:
    """(variable, label, where in its other dimensions) of each level."""
    others = [str(d) for d in variable.dims if d not in roles.values()]
    if not others:
        return [(name, name, {})]
    found = []
    for places in np.ndindex(*(variable.sizes[d] for d in others)):
        at = dict(zip(others, places))
        label = " ".join(f"{_level(variable, d, i)}" for d, i in at.items())
        found.append((name, f"{name} {label}", at))
    return found


def _level(variable: Any, dim: str, i: int) -> str:
    return f"{variable[dim].values[i]:g}" if dim in variable.coords else f"{dim} {i}"


def _reader(ds: Any, channels: list, roles: dict[str, str], runs: int, source: str) -> Any:
    """(start, stop) -> values [stop - start, R, C, H, W], each variable read once for all its levels."""

    def read(start: int, stop: int) -> np.ndarray:
        found, held = [], {}
        for name, _, at in channels:
            if name not in held:
                try:
                    held = {name: ds[name].isel({roles["t"]: slice(int(start), int(stop))}).load()}
                except Exception as error:  # each library fails in its own way
                    raise _damaged(Path(source), error) from None
            one = held[name].isel(at)
            run = next((str(d) for d in one.dims if d not in (roles["t"], roles["y"], roles["x"])), None)
            one = one.transpose(roles["t"], *([run] if run else []), roles["y"], roles["x"]).values
            one = one if run else one[:, None]
            found.append(np.broadcast_to(one, (len(one), runs, *one.shape[2:])))
        return np.stack(found, 2).astype(np.float64)

    return read


def _joined(parts: list[Fields], names: list[str]) -> Fields:
    """Files of one grid as one, in the order of their times. Raises DataError where grids differ."""
    order = sorted(range(len(parts)), key=lambda i: parts[i].times.days[0])
    first = parts[order[0]]
    for i in order[1:]:
        first.grid.must_equal(parts[i].grid, names[i])
        if parts[i].runs != first.runs:
            found = f"{parts[i].runs} members in {names[i]}"
            raise DataError(f"{first.runs} members in every file", found, "give files with the same members")
    days = np.concatenate([parts[i].times.days for i in order])
    labels = sum((parts[i].times.labels for i in order), ())
    whole = _times_again(days, labels, first.times)
    ends = np.cumsum([len(parts[i]) for i in order])

    def read(start: int, stop: int) -> np.ndarray:
        found = []
        for i, end in zip(order, ends):
            begin = end - len(parts[i])
            if start < end and stop > begin:
                found.append(parts[i].read(max(start, begin) - begin, min(stop, end) - begin))
        return np.concatenate(found)

    return Fields(first.grid, whole, read, first.runs)


def _times_again(days: np.ndarray, labels: tuple[str, ...], like: Times) -> Times:
    if like.calendar == "standard":
        return times_of((days * 86_400e6).round().astype("int64").astype("datetime64[us]"), "time", "the files")
    import cftime  # pyright: ignore[reportMissingImports]

    return times_of(cftime.num2date(days, "days since 1970-01-01", like.calendar), "time", "the files")


def _targets(target: Any, names: tuple[str, ...], source: str) -> tuple[str, ...]:
    """The channels to predict: those named, or of the variables named; all where none is."""
    if not target:
        return names
    wanted = (target,) if isinstance(target, str) else tuple(target)
    found = []
    for word in wanted:
        mine = [n for n in names if n == word or n.partition(" ")[0] == word]
        if not mine:
            raise DataError(
                f"the variable {word!r} of {source}", f"it has {', '.join(names[:12])}", "name one of these"
            )
        found += mine
    return tuple(dict.fromkeys(found))


def _no_grid(ds: Any, source: str) -> DataError:
    """Why nothing here is a field over time."""
    numbers = {str(n): ds[n] for n in ds.data_vars if ds[n].dtype.kind in "iuf" and ds[n].ndim > 0}
    widest = sorted(numbers, key=lambda n: -numbers[n].size)[:3]
    dims = lambda n: f"{n} ({', '.join(f'{d} {s}' for d, s in ds[n].sizes.items())})"
    found = "; ".join(map(dims, widest)) or "no variable of numbers"
    kind = str(ds.attrs.get("featureType", ""))
    asked = f"variables on a grid of (time, latitude, longitude) or (time, y, x) in {source}"
    if kind or any("prof" in str(d).lower() or "obs" in str(d).lower() for d in ds.sizes):
        do = "they are profiles or tracks, not fields: make a table (xarray: to_dataframe) and give that"
        return DataError(asked, f"{found}" + (f"; featureType {kind}" if kind else ""), do)
    return DataError(asked, found, "name the dimensions so, or give each its CF axis or units (degrees_north ...)")


def _hash_of(fields: Fields) -> str:
    seen = hashlib.blake2b(digest_size=16)
    for start in range(0, len(fields), fields.rows):
        seen.update(np.ascontiguousarray(fields.read(start, min(start + fields.rows, len(fields)))).view(np.uint8).data)
    return seen.hexdigest()
