"""sides: which part each row of a large source is in, told from the row alone, so that nothing is held for all rows.

At random it is by a hash of the row's content and the seed (Lakshmanan et al. 2020, Machine Learning Design Patterns,
"Repeatable Splitting"): copies of a row fall on one side, whatever the order of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wellfit.nouns.columns import series_of, texts
from wellfit.verbs.load.ask import moments

TRAIN, VALID, TEST, UNUSED = range(4)
WORDS = ("train", "valid", "test")


@dataclass(frozen=True)
class Sides:
    """how: the split's word; seed; shares: of valid and test among rows parted at random; given: codes int8 [N] as the
    source says, else None; keep: share of given valid and test rows that are used; apart: columns that do not make two
    rows different (identifiers); group, time: columns; ends: the times at which validation and test begin."""

    how: str
    seed: int
    shares: tuple[float, float]
    given: np.ndarray | None = None
    keep: tuple[float, float] = (1.0, 1.0)
    apart: tuple[str, ...] = ()
    group: str = ""
    time: str = ""
    ends: tuple[float, float] = (np.inf, np.inf)

    def of(self, numbers: np.ndarray, piece: Any, y: np.ndarray | None = None) -> np.ndarray:
        """int8 [n]: TRAIN, VALID, TEST or UNUSED of each row of a piece; numbers [n]: of its rows; y: the targets of
        arrays."""
        if self.how == "time":
            at = moments(series_of(piece, self.time))
            late = np.where(at >= self.ends[1], TEST, np.where(at >= self.ends[0], VALID, TRAIN)).astype(np.int8)
            return late
        u = self._uniform(piece, y)
        drawn = np.where(u < self.shares[1], TEST, np.where(u < sum(self.shares), VALID, TRAIN)).astype(np.int8)
        if self.given is None:
            return drawn
        said = self.given[numbers]
        least = np.where(said == VALID, self.keep[0], np.where(said == TEST, self.keep[1], 1.0))
        return np.where(said == TRAIN, drawn, np.where(u < least, said, UNUSED)).astype(np.int8)

    def _uniform(self, piece: Any, y: np.ndarray | None) -> np.ndarray:
        """A number in 0..1 for each row, equal for equal rows (or groups)."""
        if isinstance(piece, np.ndarray):
            found = _hash_rows(piece)
            return _spread(found if y is None else found + np.uint64(31) * _hash_rows(y), self.seed)
        from pandas.util import hash_pandas_object

        if self.group:
            return _spread(_hash_rows(texts(series_of(piece, self.group))[0]), self.seed)
        frame = piece.drop(columns=[c for c in self.apart if c in piece.columns])
        hashed: Any = hash_pandas_object
        try:
            found = hashed(frame, index=False, categorize=False)
        except TypeError:  # cells that cannot be hashed, such as lists
            found = hashed(frame.astype(str), index=False)
        return _spread(found.to_numpy(), self.seed)


def _hash_rows(x: np.ndarray) -> np.ndarray:
    """uint64 [N] of x [N, ...]: its 8-byte words times odd random numbers, added up (multiply-shift hashing,
    Dietzfelbinger et al. 1997)."""
    if x.dtype.kind in "OUS":
        from pandas.util import hash_array

        hashed: Any = hash_array
        flat = x.reshape(len(x), -1).astype(object)
        return sum((hashed(c) * np.uint64(2 * i + 1) for i, c in enumerate(flat.T)), np.zeros(len(x), np.uint64))
    raw = np.ascontiguousarray(x).reshape(len(x), -1).view(np.uint8).reshape(len(x), -1)
    short = -raw.shape[1] % 8
    words = np.pad(raw, ((0, 0), (0, short))) if short else raw
    words = np.ascontiguousarray(words).view(np.uint64)
    odd = np.random.default_rng(7).integers(0, 2**63, words.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    with np.errstate(over="ignore"):
        return ((words ^ (words >> np.uint64(31))) * odd).sum(1, dtype=np.uint64)


def _spread(hashes: np.ndarray, seed: int) -> np.ndarray:
    """uint64 [N] and a seed as numbers in 0..1 (the finaliser of splitmix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        z = hashes.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / 2**53
