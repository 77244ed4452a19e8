"""Field merits: measures and rivals of tasks whose answers are fields on a grid, over all known cells by area."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.field_scaling import FieldScaling
from wellfit.nouns.field_sizes import sizes
from wellfit.nouns.grid import Windows
from wellfit.nouns.merits import Merits
from wellfit.nouns.scores import score, spread
from wellfit.nouns.task import Judged, Question, Task, known
from wellfit.nouns.times import label
from wellfit.nouns.units import figure

MOST_NAMED = 6  # variables whose own figures are listed
FEW_BLOCKS = 8  # stretches of windows that the interval needs at least
LEAST_BLOCK = 4  # fields of such a stretch at least: neighbours in time resemble each other
MOST_RIVALS = 400  # validation windows by which the rival is chosen
TINY = 1e-12

Rivals = Callable[[Data, str, np.ndarray | None], dict[str, np.ndarray]]
"""(data, part, places in it or None) -> {name: departures or amounts [N, K, H, W] in their units}: what needs no training."""


def task_of_fields(word: str, rivals: Rivals) -> Task:
    """The task of this word, whose inputs and answers are fields over time and which differs from others by its rivals."""
    return Task(
        form="values",
        loss=("mse", "the headline's own measure"),
        question=partial(_question, word),
        merits=partial(merits_of, rivals=rivals),
        score=explained,
        score_name="share of the departures' variance explained",
        network=lambda kind, shape: ("unet", "maps to maps, near and far (docs/fields.md)"),
        defaults=lambda data, network: sizes(scaling_of(data), len(data.train), network),
        in_time=True,
        evidence=partial(evidence_of, rivals=rivals),
    )


def _question(word: str, y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Raises DataError for anything but fields over time."""
    if raw.kind != "grid":
        found = f"targets of shape {y.shape} without times and coordinates"
        raise DataError(f"fields over time (data.task = {word})", found, "give a NetCDF, Zarr or GRIB file")
    return Question(word, why, y, names)


def explained(outputs: Tensor, targets: Tensor) -> Tensor:
    """1 - squared error / squared departure, over all known cells: 0 for the climatology, 1 for a perfect answer."""
    there = known(targets)
    said, true = outputs[there], targets[there]
    return 1 - ((said - true) ** 2).sum() / (true**2).sum().clamp_min(TINY)


def scaling_of(data: Data) -> FieldScaling:
    """How the fields of this data are scaled."""
    fields = data.preparation.fields
    if fields is None:
        raise DataError("fields over time", f"data of kind {data.raw.kind}", "give a NetCDF, Zarr or GRIB file")
    return fields


def best_rival(rivals: Rivals, data: Data, part: str, index: np.ndarray | None = None) -> tuple[np.ndarray, str]:
    """The rival that does best on the validation rows, and in words with the others' figures."""
    n = len(data.valid)
    some = np.unique(np.linspace(0, n - 1, min(n, MOST_RIVALS)).astype(int))
    truth = data.preparation.back(data.valid.y[some])
    error = {name: _headline(said, truth, data) for name, said in rivals(data, "valid", some).items()}
    best = min(error, key=error.__getitem__)
    of = "CSI" if _amounts(data) else "RMSE"
    others = [f"{n} {figure(abs(e))}" for n, e in error.items() if n != best]
    beside = f" (validation {of} {figure(abs(error[best]))}; {', '.join(others)})" if others else ""
    return rivals(data, part, index)[best], best + beside


def _amounts(data: Data) -> bool:
    scaling = scaling_of(data)
    return all(scaling.amount[c] for c in scaling.targets)


def _headline(said: np.ndarray, truth: np.ndarray, data: Data) -> float:
    """What is smallest for the best: RMSE in units of the variables' spread, or CSI below zero."""
    sums = np.stack([_sums(said, truth, data, k) for k in range(truth.shape[1])]).sum(1)
    if _amounts(data):
        return -float(np.mean(sums[:, 5] / np.maximum(sums[:, 6], TINY)))
    scaling = scaling_of(data)
    scale = scaling.scale[list(scaling.targets)] if len(sums) > 1 else 1.0
    return float(np.sqrt((sums[:, 1] / np.maximum(sums[:, 0], TINY) / scale**2).mean()))


def _sums(said: np.ndarray, truth: np.ndarray, data: Data, k: int) -> np.ndarray:
    """By window [N, 8], over the known cells of target k by area: counts, squared and absolute error, product and
    squares of departures; hits and hits, misses and false alarms together at the threshold; correlation."""
    scaling, there = scaling_of(data), np.isfinite(truth[:, k])
    area = there * (1.0 if data.raw.area is None else data.raw.area)
    true, far = np.where(there, truth[:, k], 0.0), np.where(there, said[:, k] - truth[:, k], 0.0)
    guess = np.where(there, said[:, k], 0.0)
    total = lambda values: (values * area).sum((1, 2))
    both, own, its = total(guess * true), total(guess**2), total(true**2)
    least = scaling.amount[scaling.targets[k]]
    hit, either = np.zeros(len(true)), np.zeros(len(true))
    if least:
        a, b = (guess >= least) & there, (true >= least) & there
        hit, either = (a & b).sum((1, 2)), (a | b).sum((1, 2))
    together = np.where((own > TINY) & (its > TINY), both / np.sqrt(np.maximum(own * its, TINY**2)), 0.0)
    return np.stack([total(np.ones_like(true)), total(far**2), total(abs(far)), own, its, hit, either, together], 1)


def merits_of(judged: Judged, rivals: Rivals) -> tuple[Merits, str]:
    """Resampled by stretches of windows as long as history and horizon, since windows that overlap are not independent
    (block bootstrap: Carlstein 1986)."""
    data, truth, scaling = judged.data, judged.truth, scaling_of(judged.data)
    other, words = best_rival(rivals, data, judged.part, judged.index)
    block = max(LEAST_BLOCK, scaling.history + scaling.horizon)
    found: Merits = {}
    for k, name in list(enumerate(data.target_names))[:MOST_NAMED]:
        which = f" {name}" if truth.shape[1] > 1 else ""
        least = scaling.amount[scaling.targets[k]]
        unit = data.raw.units.get(name, "")
        sums = [_sums(said, truth, data, k) for said in (judged.answers, other)]
        found |= _figures(sums, which, unit, least, block)
    return found, words


def _figures(sums: list[np.ndarray], which: str, unit: str, least: float, block: int) -> Merits:
    """RMSE and ACC of departures; CSI, RMSE and MAE of amounts."""
    n = len(sums[0])
    place = np.arange(n) // max(1, min(block, n // FEW_BLOCKS))
    blocks = np.stack([[np.bincount(place, column) for column in s.T] for s in sums])  # [2, 8, blocks]
    size = np.bincount(place).astype(float)
    columns = np.concatenate([*blocks, size[None]]).T

    def figures(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        total, made = weights @ columns[rows], []
        for i in (0, 8):
            t = total[:, i : i + 8].T
            area = np.maximum(t[0], TINY)
            made += [np.sqrt(t[1] / area), t[2] / area, t[7] / total[:, 16], t[5] / np.maximum(t[6], TINY)]
        return np.stack(made, 1)

    values, low, high = spread(figures, len(columns))
    names = {f"RMSE{which}": (0, unit), f"ACC{which}": (2, ""), f"MAE{which}": (1, unit)}
    if least:
        said = f"CSI{which}, {least:g} {unit} or more".rstrip()
        names = {said: (3, ""), f"RMSE{which}": (0, unit), f"MAE{which}": (1, unit)}
    return {
        name: score(values[i], low[i], high[i], n, u) | {"baseline": float(values[i + 4]), "lower": i < 2}
        for name, (i, u) in names.items()
    }


def evidence_of(case: Case, judged: Mapping[str, Mapping[str, Any]], rivals: Rivals) -> dict[str, np.ndarray]:
    """Of the first target, in its unit: field_maps [3, H, W], the truth, the forecast and the rival of the test field
    whose error is the median one; field_error [2, H, W]: RMSE in each cell of forecast and rival; field_y [H], field_x
    [W]; field_when: what moment the maps are of; field_course [2, N]: RMSE of each test field."""
    data, test, scaling = case.data, judged["test"], scaling_of(case.data)
    other, _ = best_rival(rivals, data, "test")
    truth, said = test["truth"][:, :1], test["outputs"][:, :1]
    other = other[:, :1]
    sums = [_sums(v, truth, data, 0) for v in (said, other)]
    course = np.stack([np.sqrt(s[:, 1] / np.maximum(s[:, 0], TINY)) for s in sums])
    pick = int(np.argsort(course[0])[len(truth) // 2])
    windows: Windows = data.raw.inputs[data.test.rows]  # type: ignore[index]
    day = windows.when()[[pick]]
    usual = scaling.climate(day, scaling.targets[:1])[0]
    there = np.where(np.isfinite(truth[pick]), 0.0, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        n = np.isfinite(truth).sum(0)[0]
        error = [np.sqrt(np.nansum((v - truth) ** 2, 0)[0] / np.where(n, n, np.nan)) for v in (said, other)]
    return {
        "field_maps": np.stack([(v[pick] + usual + there)[0] for v in (truth, said, other)]).astype(np.float32),
        "field_error": np.stack(error).astype(np.float32),
        "field_course": course.astype(np.float32),
        "field_y": scaling.grid.y,
        "field_x": scaling.grid.x,
        "field_when": np.array(label(windows.fields.times.moments(day)[0])),
    }
