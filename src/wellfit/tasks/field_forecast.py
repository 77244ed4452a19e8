"""Field forecast: the field some steps ahead from the last few."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.advection import carried, shift_of
from wellfit.nouns.data import Data
from wellfit.nouns.field_merits import scaling_of, task_of_fields
from wellfit.nouns.field_scaling import FieldScaling
from wellfit.nouns.grid import Windows
from wellfit.nouns.task import Task


def field_forecast() -> Task:
    """The fields of K variables some steps ahead, from the last L.

    Measures: RMSE by area (the cosine of latitude) and anomaly correlation (ACC, against the climatology of the training
    times) of each variable; of amounts (rain) the critical success index (CSI) at a threshold, and MAE. Rival: the last
    field (persistence), its departure from the climatology, the climatology, or, for amounts, the last field moved on as
    it moved last; whichever does best on the validation rows. Loss: mse.
    """
    return task_of_fields("field_forecast", rivals)


def rivals(data: Data, part: str, index: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """What needs no training: {name: departures or amounts [N, K, H, W] in their units}."""
    scaling, split = scaling_of(data), getattr(data, part)
    rows = np.arange(len(split)) if index is None else index
    x = split.x[rows].cpu().numpy()
    windows: Windows = data.raw.inputs[split.rows[rows]]  # type: ignore[index]
    kept = scaling.back(x[:, list(scaling.carried)])
    found = {"persistence, the last field": kept}
    if scaling.waves.yearly or scaling.waves.daily:
        days, last = windows.when(), windows.fields.times.days[windows.last]
        plain = kept + scaling.climate(last, scaling.targets) - scaling.climate(days, scaling.targets)
        found = {"persistence, the last field": plain, "persistence of the departure": kept}
    if any(scaling.amount) and scaling.history > 1:
        found["advection, the last field moved on"] = _moved(x, scaling)
    if not all(scaling.amount[c] for c in scaling.targets):
        found["climatology"] = np.zeros_like(kept)
    return found


def _moved(x: np.ndarray, scaling: FieldScaling) -> np.ndarray:
    """The last field moved on as the first of the window moved to it."""
    found = np.empty((len(x), *scaling.shape_out))
    back = (scaling.history - 1) * scaling.width
    for i, one in enumerate(x):
        for k, c in enumerate(scaling.carried):
            down, right = shift_of(one[c - back], one[c])
            part = scaling.horizon / (scaling.history - 1)
            found[i, k] = carried(one[c], (down * part, right * part))
    return scaling.back(found)
