"""Downscaling: the fine field from the coarse one of the same time."""

from __future__ import annotations

from functools import partial

import numpy as np

from wellfit.nouns.data import Data, Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.field_merits import evidence_of, explained, merits_of, scaling_of
from wellfit.nouns.field_sizes import sizes
from wellfit.nouns.grid import Windows
from wellfit.nouns.task import Question, Task


def downscaling() -> Task:
    """The fields of K variables from their means over blocks of `data.coarsen` cells a side, at the same time.

    Measures: RMSE by area and anomaly correlation (ACC) of each variable; of amounts (rain) the critical success index
    (CSI) at a threshold, RMSE and MAE. Rival: the blocks interpolated linearly, their departure from the climatology
    interpolated and the fine climatology added (spatial disaggregation: Wood et al. 2004, Climatic Change 62), or the
    climatology; whichever does best on the validation rows. Loss: mse.
    """
    return Task(
        form="values",
        loss=("mse", "the headline's own measure"),
        question=question,
        merits=partial(merits_of, rivals=rivals),
        score=explained,
        score_name="share of the departures' variance explained",
        network=lambda kind, shape: ("unet", "maps to maps, near and far (docs/fields.md)"),
        defaults=lambda data, network: sizes(scaling_of(data), len(data.train), network),
        in_time=True,
        evidence=partial(evidence_of, rivals=rivals),
    )


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Raises DataError for anything but fields over time."""
    if raw.kind != "grid":
        found = f"targets of shape {y.shape} without times and coordinates"
        raise DataError("fields over time (data.task = downscaling)", found, "give a NetCDF, Zarr or GRIB file")
    return Question("downscaling", why, y, names)


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
