"""Arrays in .npy files read a few rows at a time, past the mapping, whose pages a process would be charged for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from wellfit.nouns.blocks import Blocks


def blocks(arrays: Sequence[Any], turned: Callable[[np.ndarray], np.ndarray] = lambda x: x) -> Blocks:
    """Mapped arrays [N, ...] of one form, row by row in their files, as one after the other, each piece `turned` into the
    layout of examples."""
    shape, kind = arrays[0].shape[1:], arrays[0].dtype
    each = kind.itemsize * int(np.prod(shape))

    def read(rows: int, columns: tuple[str, ...]) -> Iterator[np.ndarray]:
        for array in arrays:
            file = str(array.filename)
            for start in range(0, len(array), rows):
                n = min(rows, len(array) - start)
                flat = np.fromfile(file, kind, n * (each // kind.itemsize), offset=array.offset + start * each)
                yield turned(flat.reshape(n, *shape))

    n = sum(len(a) for a in arrays)
    return Blocks((n, *turned(np.empty((0, *shape), kind)).shape[1:]), n * each, read, dtype=kind)
