"""Zarr stores of plain arrays (no coordinates, so no fields on a grid), read a few rows at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns.blocks import Blocks
from wellfit.nouns.errors import DataError

INSTALL = "install zarr: pip install 'wellfit[grids]'"


def described(path: Path) -> dict[str, tuple[int, ...]]:
    """{name: shape} of the arrays in a store that say no names of their dimensions, as those of xarray do; {} for
    anything else. Nothing but the descriptions is read (Zarr's versions 2 and 3)."""
    found: dict[str, tuple[int, ...]] = {}
    for file in (*path.glob("*/zarr.json"), *path.glob("*/.zarray")) if path.is_dir() else ():
        try:
            said = json.loads(file.read_bytes())
            more = file.with_name(".zattrs")
            named = said.get("dimension_names") or (
                more.is_file() and json.loads(more.read_bytes()).get("_ARRAY_DIMENSIONS")
            )
            if "shape" in said and not named:
                found[file.parent.name] = tuple(said["shape"])
        except (OSError, ValueError):
            continue
    return found


def arrays_in(path: Path) -> dict[str, Any]:
    """The arrays of a store by name, nothing read yet. Raises DataError where it is damaged or zarr is not there."""
    try:
        import zarr
    except ImportError:
        raise DataError(f"the arrays in {path}", "a Zarr store, and no zarr to read it with", INSTALL) from None
    try:
        return dict(zarr.open_group(str(path), mode="r").arrays())
    except Exception as error:
        said = str(error).splitlines() or [type(error).__name__]
        raise DataError(f"the arrays in {path}", f"unreadable: {said[0]}", "write the store anew") from None


def blocks(arrays: Sequence[Any], turned: Callable[[np.ndarray], np.ndarray]) -> Blocks:
    """Arrays [N, ...] of one form, as one after the other, each piece `turned` into the layout of examples."""
    kind, first = arrays[0].dtype, np.concatenate([[0], np.cumsum([a.shape[0] for a in arrays])])
    shape = turned(np.empty((0, *arrays[0].shape[1:]), kind)).shape[1:]

    def read(rows: int, columns: tuple[str, ...]) -> Iterator[np.ndarray]:
        for array in arrays:
            chunk = array.chunks[0]
            step = rows // chunk * chunk or rows  # whole chunks, which are unpacked whole
            for start in range(0, array.shape[0], step):
                yield turned(_rows(array, slice(start, start + step)))

    def some(wanted: np.ndarray) -> np.ndarray:
        found = np.empty((len(wanted), *shape), kind)
        for array, start, end in zip(arrays, first, first[1:]):
            here = np.flatnonzero((wanted >= start) & (wanted < end))
            if len(here):
                found[here] = turned(_rows(array, wanted[here] - start))
        return found

    n = int(first[-1])
    return Blocks((n, *shape), n * kind.itemsize * int(np.prod(shape)), read, dtype=kind, some=some)


def _rows(array: Any, rows: slice | np.ndarray) -> np.ndarray:
    try:
        return np.asarray(array[rows] if isinstance(rows, slice) else array.oindex[(rows,)])
    except Exception as error:
        said = str(error).splitlines() or [type(error).__name__]
        asked = f"rows of the array {array.basename or array.name} in {array.store_path}"
        raise DataError(asked, f"unreadable: {said[0]}", "write the store anew") from None
