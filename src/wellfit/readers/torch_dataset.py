"""torch Datasets and DataLoaders, and other collections of (input, target) pairs, taken into memory once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.pictures import are_pictures, channels_first
from wellfit.nouns.preparation import array_of


def can_read(source: Any) -> bool:
    """Anything of torch.utils.data, and any other object with a length whose items are pairs."""
    if isinstance(source, str | bytes | np.ndarray | dict) or hasattr(source, "columns"):
        return False
    if any(t.__module__.startswith("torch.utils.data") for t in type(source).__mro__):
        return True
    if isinstance(source, list):
        return len(source) > 0 and isinstance(source[0], tuple) and len(source[0]) == 2 and np.ndim(source[0][0]) > 0
    return hasattr(source, "__getitem__") and hasattr(source, "__len__") and not hasattr(source, "shape")


def torch_dataset(source: Any, *, target: Any = None, skip_bad: bool = False) -> Raw:
    """Every example of a Dataset, in its order; of a DataLoader those of its dataset, or, where it has no order or
    makes batches in its own way, those of one pass over it.

    Raises DataError where the number of examples is unknown (perhaps endless), items are no pairs, or shapes differ.
    """
    loader = hasattr(source, "dataset") and hasattr(source, "batch_size")
    dataset = source.dataset if loader and _plain(source) else source
    try:
        n = len(dataset)
    except TypeError:
        raise DataError(
            f"the examples of a {type(source).__name__}",
            "its length is unknown, so it may never end",
            "give a Dataset with __len__ and __getitem__, or arrays (X, y)",
        ) from None
    if n == 0:
        raise DataError(f"the examples of a {type(source).__name__}", "none", "give a Dataset with examples in it")
    if _is(dataset, "TensorDataset"):
        pairs = dataset.tensors
        x, y = _pair(pairs, source) if len(pairs) > 1 else (pairs[0], None)
        return _raw(source, array_of(x), None if y is None else array_of(y))
    if loader and dataset is source:
        batches = [_pair(batch, source) for batch in source]
        return _raw(
            source, np.concatenate([array_of(b[0]) for b in batches]), np.concatenate([array_of(b[1]) for b in batches])
        )
    items: Iterable[Any] = (dataset[i] for i in range(n))
    xs, ys = zip(*(_pair(item, source) for item in items))
    return _raw(source, _stacked(xs, source), _answers(ys))


def _is(source: Any, name: str) -> bool:
    return any(t.__name__ == name and t.__module__.startswith("torch.utils.data") for t in type(source).__mro__)


def _plain(loader: Any) -> bool:
    """Whether a loader's examples are just its dataset's: one that can be indexed, joined in the usual way."""
    usual = getattr(loader.collate_fn, "__name__", "") in ("default_collate", "default_convert")
    sampler = type(getattr(loader, "sampler", None)).__name__ in ("SequentialSampler", "RandomSampler")
    return usual and sampler and hasattr(loader.dataset, "__getitem__") and hasattr(loader.dataset, "__len__")


def _pair(item: Any, source: Any) -> tuple[Any, Any]:
    if isinstance(item, tuple | list) and len(item) == 2:
        return item[0], item[1]
    said = f"{len(item)} values" if isinstance(item, tuple | list) else f"a {type(item).__name__}"
    raise DataError(
        f"pairs (input, target) from a {type(source).__name__}", f"{said} an item", "give items of two: (input, target)"
    )


def _stacked(xs: tuple[Any, ...], source: Any) -> np.ndarray:
    found = [_array(x) for x in xs]
    shapes = {x.shape for x in found}
    if len(shapes) > 1:
        listed = ", ".join(map(str, sorted(shapes)[:4]))
        raise DataError(
            f"inputs of one shape from a {type(source).__name__}",
            f"{len(shapes)} shapes: {listed}",
            "bring them to one shape in the Dataset",
        )
    return np.stack(found)


def _array(x: Any) -> np.ndarray:
    if hasattr(x, "getbands"):  # a PIL image
        a = np.asarray(x)
        return a[None] if a.ndim == 2 else a.transpose(2, 0, 1)
    return array_of(x)


def _answers(ys: tuple[Any, ...]) -> np.ndarray:
    if isinstance(ys[0], str | bytes):
        return np.array(ys, dtype=object)
    return np.stack([array_of(y) for y in ys])


def _raw(source: Any, x: np.ndarray, y: np.ndarray | None) -> Raw:
    y = y[:, 0] if y is not None and y.ndim == 2 and y.shape[1] == 1 else y
    x = x[:, None] if x.ndim == 1 else x
    kind = "pictures" if are_pictures(x) else "array"
    return Raw(type(source).__name__, kind, channels_first(x) if kind == "pictures" else x, y)
