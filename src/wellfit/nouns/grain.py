"""Grain: the steps in which numbers were written down, and drawn numbers brought back to what they stand for.

A value written as 3.2 stands for all from 3.15 to 3.25. A density that forgets this can grow without bound where
values repeat (Theis, van den Oord & Bethge 2016, arXiv:1511.01844, section 3.1); with a number drawn from the step
added it cannot, and density times step is the chance of the value itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from wellfit.nouns.preparation import Preparation

if TYPE_CHECKING:
    import pandas as pd

    from wellfit.nouns.data import Data

UNITS = (1.0, 1 / 255, *(10.0**-k for k in range(1, 7)))
ROWS = 20_000
EPOCH = np.datetime64("1970-01-01T00:00:00")


def step_of(values: np.ndarray) -> float:
    """The step of values: the largest of 1, 1/255, 0.1 ... 0.000001 of which all are multiples, but for what a float32
    leaves; 0 where there is none."""
    values = np.asarray(values, np.float64).ravel()
    for unit in UNITS:
        counted = values / unit
        if (np.abs(counted - np.rint(counted)) <= 1e-3 + 1e-7 * np.abs(counted)).all():
            return unit
    return 0.0


def grain_of(data: Data) -> list[float]:
    """The step of each number of the inputs in scaled units, [F], of pictures [C]; 0 where there is none."""
    rows, prepared = data.train.rows[:ROWS], data.preparation
    raw: Any = data.raw.inputs
    x = prepared.encoded(raw[rows] if isinstance(raw, np.ndarray) else raw.iloc[rows])
    columns = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1) if data.raw.kind == "pictures" else x.reshape(len(x), -1).T
    steps = np.array([step_of(c) for c in columns])
    return [float(s) for s in steps / _scale(prepared, len(steps))]


def _scale(prepared: Preparation, n: int) -> np.ndarray:
    """What each number was divided by [n]."""
    scale = prepared.scaling.parts.get("scale")
    return np.ones(n) if scale is None else np.broadcast_to(scale.numpy().ravel(), (n,))


def values_of(x: Tensor, prepared: Preparation, grain: Any) -> np.ndarray:
    """Scaled numbers [N, *shape_in] in the user's units, float64, each on the nearest of its steps.

    grain: as `grain_of` gives it; a code of a table is one that a level has."""
    found = prepared.scaling.back(x.cpu().numpy())
    steps = np.asarray(grain if grain is not None else (), np.float64).ravel()
    if not steps.any():
        return found
    steps = steps * _scale(prepared, len(steps))
    places = (-1, *[1] * (found.ndim - 2)) if prepared.kind == "pictures" else found.shape[1:]
    steps = steps.reshape(places) if len(steps) > 1 else steps
    on_step = np.where(steps > 0, np.rint(found / np.where(steps > 0, steps, 1)) * steps, found)
    return np.round(on_step, 12)


def rows_of(x: Tensor, prepared: Preparation, grain: Any) -> pd.DataFrame:
    """Scaled numbers [N, F] as a table: of a table's columns with their levels and dates, else of named numbers."""
    import pandas as pd

    values = values_of(x, prepared, grain)
    values = values.reshape(len(values), -1)
    if prepared.kind != "table":
        names = prepared.names if len(prepared.names) == values.shape[1] else range(values.shape[1])
        return pd.DataFrame(dict(zip(map(str, names), values.T)))
    return pd.DataFrame({c.name: _column(c, values[:, j]) for j, c in enumerate(prepared.columns)})


def _column(column: Any, values: np.ndarray) -> Any:
    if column.kind == "boolean":
        return np.rint(values).clip(0, 1).astype(bool)
    if column.kind == "code":
        levels = np.array([*column.levels, "other"], dtype=object)
        return levels[np.rint(values).clip(0, len(levels) - 1).astype(int)]
    if column.kind == "date":
        return EPOCH + np.rint(values * 86400).astype("timedelta64[s]")
    whole = len(values) and bool((values == np.rint(values)).all()) and bool((np.abs(values) < 2**53).all())
    return values.astype(np.int64) if whole else values


def logarithm(grain: Any, shape_in: tuple[int, ...]) -> float:
    """The sum of the logarithms of the steps of all numbers of an example: what brings a log-density to the logarithm
    of a chance; 0 where some number has no step."""
    steps = np.asarray(grain if grain else [0.0], np.float64).ravel()
    if not (steps > 0).all():
        return 0.0
    each = np.prod(shape_in) / len(steps)
    return float(np.log(steps).sum() * each)
