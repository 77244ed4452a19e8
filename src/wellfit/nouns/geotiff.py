"""GeoTIFF: pictures with any number of bands and a place on earth, through rasterio where it is installed."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

ENDINGS = (".tif", ".tiff")
INSTALL = "install rasterio to read it: pip install 'wellfit[geo]'"
_MARKS = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def is_tiff(content: bytes) -> bool:
    """Does it begin as a TIFF or BigTIFF does?"""
    return content[:4] in _MARKS


def bands(content: bytes) -> np.ndarray | str | None:
    """All bands [C, H, W] of a TIFF but that for transparency, or why it cannot be read; None without rasterio."""
    rasterio = _rasterio()
    if rasterio is None:
        return None
    try:
        with _quiet(), rasterio.MemoryFile(content) as held, held.open() as source:
            kinds = [c.name for c in source.colorinterp]
            kept = [i for i, kind in enumerate(kinds, 1) if kind != "alpha"] or [1]
            return source.read(kept)
    except rasterio.errors.RasterioError as error:
        return f"unreadable: {error}"


def placed(content: bytes, codes: np.ndarray) -> bytes | None:
    """Codes uint8 [H, W] as a GeoTIFF in the place of the picture `content`; None where that has none, or without
    rasterio."""
    rasterio = _rasterio()
    if rasterio is None or not is_tiff(content):
        return None
    with _quiet(), rasterio.MemoryFile(content) as held, held.open() as source:
        if source.crs is None and source.transform.is_identity:
            return None
        where = {"crs": source.crs, "transform": source.transform}
    high, wide = codes.shape
    kind: dict[str, Any] = {"driver": "GTiff", "height": high, "width": wide, "count": 1, "dtype": "uint8"}
    with _quiet(), rasterio.MemoryFile() as held:
        with held.open(**kind, **where, compress="deflate") as written:
            written.write(codes.astype(np.uint8), 1)
        held.seek(0)
        return held.read()


def _rasterio() -> Any:
    """The package, with its errors; None where it is not installed."""
    try:
        importlib.import_module("rasterio.errors")
        return importlib.import_module("rasterio")
    except ImportError:
        return None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without rasterio's warning of pictures that have no place."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
