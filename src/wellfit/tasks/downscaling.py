"""Downscaling: the fine field from the coarse one of the same time."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.data import Data
from wellfit.nouns.field_merits import scaling_of, task_of_fields
from wellfit.nouns.grid import Windows
from wellfit.nouns.task import Task


def downscaling() -> Task:
    """The fields of K variables from their means over blocks of `data.coarsen` cells a side, at the same time.

    Measures: RMSE by area and anomaly correlation (ACC) of each variable; of amounts (rain) the critical success index
    (CSI) at a threshold, RMSE and MAE. Rival: the blocks interpolated linearly, their departure from the climatology
    interpolated and the fine climatology added (spatial disaggregation: Wood et al. 2004, Climatic Change 62), or the
    climatology; whichever does best on the validation rows. Loss: mse.
    """
    return task_of_fields("downscaling", rivals)


def rivals(data: Data, part: str, index: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """What needs no training: {name: departures or amounts [N, K, H, W] in their units}."""
    scaling, split = scaling_of(data), getattr(data, part)
    rows = np.arange(len(split)) if index is None else index
    kept = scaling.back(split.x[rows][:, list(scaling.carried)].cpu().numpy())
    if all(scaling.amount[c] for c in scaling.targets):
        return {"bilinear interpolation": kept}
    windows: Windows = data.raw.inputs[split.rows[rows]]  # type: ignore[index]
    return {
        "bilinear interpolation": kept - scaling.detail(windows.when(), scaling.targets),
        "bilinear interpolation of the departure": kept,
        "climatology": np.zeros_like(kept),
    }
