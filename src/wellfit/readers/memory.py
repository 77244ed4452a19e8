"""Arrays, tensors, nested lists and sparse matrices in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.pictures import are_pictures, channels_first
from wellfit.nouns.preparation import array_of


def can_read(source: Any) -> bool:
    """An array, a tensor, a list of numbers or rows, a sparse matrix."""
    numbers = isinstance(source, list) and not (source and isinstance(source[0], tuple) and np.ndim(source[0][0]))
    array = hasattr(source, "__array__") and not hasattr(source, "columns")
    return numbers or array or hasattr(source, "toarray")


def memory(source: Any, *, target: Any = None, skip_bad: bool = False) -> Raw:
    """An array [N, ...]: pictures where `are_pictures` says so (then [N, C, H, W]), else an array as it is.

    Raises DataError for text, and for an array without examples or features.
    """
    x = array_of(source)
    if x.ndim == 0 or x.size == 0:
        raise DataError(
            "an array of examples",
            f"an array of shape {x.shape}",
            "give an array [N, features] or pictures [N, C, H, W]",
        )
    if x.ndim == 1:
        x = x[:, None]
    if are_pictures(x):
        return Raw("array", "pictures", channels_first(x))
    return Raw("array", "array", x)
