"""Blocks: examples that stay in their files and are read piece by piece, in their order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HASHED = 2**30  # bytes of a file that are read for its fingerprint; of a larger one, its ends and size


@dataclass(frozen=True)
class Blocks:
    """N examples of a large source.

    shape: (N, columns) of a table, (N, *shape) of arrays; columns: of a table, else (); size: bytes of all of it once it
    is decoded; read: (rows at once, columns) -> DataFrames or arrays that follow one another from the first row to the
    last; some: row numbers -> those rows, where a source can read them without all before them.

    Indexed by row numbers, as an array or through `iloc`, the rows are read and returned in that order.
    """

    shape: tuple[int, ...]
    size: int
    read: Callable[[int, tuple[str, ...]], Iterable[Any]]
    columns: tuple[str, ...] = ()
    dtype: np.dtype | None = None
    some: Callable[[np.ndarray], Any] | None = None

    def __len__(self) -> int:
        return self.shape[0]

    def pieces(self, most: int, columns: tuple[str, ...] | None = None) -> Iterator[tuple[int, Any]]:
        """(number of its first row, piece) of at most about `most` bytes each."""
        start = 0
        for piece in self.read(max(1, int(most // max(1, self.size / max(1, len(self))))), columns or self.columns):
            yield start, piece
            start += len(piece)

    @property
    def iloc(self) -> Blocks:
        """As of a DataFrame: rows by their numbers."""
        return self

    def __getitem__(self, rows: Any) -> Any:
        wanted = np.arange(len(self))[rows]
        if self.some is not None:
            return self.some(wanted)
        order = np.argsort(wanted, kind="stable")
        found, at = [], wanted[order]
        for start, piece in self.pieces(2**24):
            here = at[(at >= start) & (at < start + len(piece))] - start
            if len(here):
                found.append(piece.iloc[here] if self.columns else piece[here])
            if start + len(piece) > at.max(initial=-1):
                break
        back = np.argsort(order, kind="stable")
        if not self.columns:
            return np.concatenate(found)[back] if found else np.empty((0, *self.shape[1:]), self.dtype)
        import pandas as pd

        return pd.concat(found).iloc[back] if found else pd.DataFrame(columns=list(self.columns))


def highest(inputs: Any) -> float:
    """The largest number of an array; of Blocks of whole numbers the largest that they can hold, as of bytes 255."""
    if isinstance(inputs, Blocks):
        whole = inputs.dtype is not None and inputs.dtype.kind in "ui"
        return float(np.iinfo(inputs.dtype).max) if whole else max(highest(piece) for _, piece in inputs.pieces(2**24))
    return float(np.nanmax(np.asarray(inputs)))


def fingerprint_of(files: Iterable[Path]) -> str:
    """A hash of the files' bytes; of folders (Zarr) those of every file in them, of very large files the ends."""
    seen = hashlib.blake2b(digest_size=16)
    for path in files:
        for one in sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]:
            size = one.stat().st_size
            with one.open("rb") as file:
                seen.update(f"{one.name}{size}".encode())
                while size <= HASHED and (block := file.read(1 << 18)):
                    seen.update(block)
                if size > HASHED:
                    seen.update(file.read(1 << 26))
                    file.seek(-(1 << 26), 2)
                    seen.update(file.read())
    return seen.hexdigest()
