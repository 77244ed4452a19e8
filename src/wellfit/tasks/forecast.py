"""Forecast: the next steps of a series from those before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.merits import Merits
from wellfit.nouns.scores import score, spread
from wellfit.nouns.task import Judged, Question, Task, known
from wellfit.nouns.units import figure

MOST_NAMED = 8  # variables whose own errors are listed
SHOWN = 4  # windows drawn
TAIL = 0.05  # of the errors, beyond each end of a band
FEW_BLOCKS = 8  # stretches of windows that the interval needs at least


def forecast() -> Task:
    """The next H steps of K variables from the L steps before.

    Measures: MSE, MAE and skill of the standardised series, over all steps ahead and at the first and the last, RMSE and MAE of
    each variable in its unit. Rival: the last value (persistence), the season before, or the mean of the training steps,
    whichever does best on the validation rows. Loss: mse.
    """
    return Task(
        form="values",
        loss=("mse", "the headline's own measure"),
        question=question,
        merits=merits,
        score=explained,
        score_name="R², variance explained",
        network=lambda kind, shape: ("dlinear", "a linear map of the past is hard to beat (Zeng et al. 2023)"),
        steps=1500,
        in_time=True,
        evidence=evidence,
    )


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Steps ahead [N, K, H], NaN in gaps. Raises DataError for anything but windows of a series, and for a variable that
    never varies."""
    if raw.kind != "series":
        found = f"targets of shape {y.shape} without times"
        raise DataError("windows of a series (data.task = forecast)", found, "give a table with a time column")
    for k, name in enumerate(names):
        seen = y[:, k, 0]
        if np.nanmin(seen) == np.nanmax(seen):
            raise DataError(f"the variable {name!r}", f"{seen[0]:g} at every step", "leave it out: data.drop")
    return Question("forecast", why, y, names)


def explained(outputs: Tensor, targets: Tensor) -> Tensor:
    """Share of the variance that is explained, over all known steps ahead."""
    there = known(targets)
    said, true = outputs[there], targets[there]
    return 1 - ((said - true) ** 2).sum() / ((true - true.mean()) ** 2).sum().clamp_min(1e-12)


def rivals(data: Data, rows: np.ndarray) -> dict[str, np.ndarray]:
    """What needs no training, for the windows `rows`: {name: values [N, K, H] in their units}."""
    (k, horizon), length = data.shape_out, data.shape_in[1]
    windows: Any = data.raw.inputs
    mean = np.array([data.facts["target"].get(n, {}).get("mean", 0.0) for n in data.target_names])
    found = {
        "persistence, the last value": np.repeat(windows[rows, :k, -1][:, :, None], horizon, 2),
        "the mean of the training steps": np.broadcast_to(mean[None, :, None], (len(rows), k, horizon)),
    }
    series = np.concatenate([windows[:, :k, 0], windows[-1, :k, 1:].T])  # [T, K], gaps carried over
    for season in data.facts.get("seasons", ()):
        ahead = np.arange(horizon)
        at = rows[:, None] + length + ahead - season * (ahead // season + 1)  # the same place some cycles before
        if at.min() >= 0:
            found[f"the last season, {season} steps before"] = np.moveaxis(series[at], 2, 1)
    return found


def rival(data: Data, rows: np.ndarray) -> tuple[np.ndarray, str]:
    """The rival that does best on the validation rows: values [N, K, H] in their units, in words with the others'."""
    truth = data.preparation.back(data.valid.y)
    error = {n: float(np.nanmean(away(v, truth, data) ** 2)) for n, v in rivals(data, data.valid.rows).items()}
    best = min(error, key=error.__getitem__)
    others = [f"{n}: {figure(e)}" for n, e in error.items() if n != best]
    beside = f" (validation MSE {figure(error[best])}; {', '.join(others)})" if others else ""
    return rivals(data, rows)[best], best + beside


def away(said: np.ndarray, truth: np.ndarray, data: Data) -> np.ndarray:
    """Errors [N, K, H] in standard deviations of the training steps, NaN where there is no answer."""
    sd = np.array([data.facts["target"].get(n, {}).get("sd", 0.0) or 1.0 for n in data.target_names])
    return (said - truth) / sd[None, :, None]


def merits(judged: Judged) -> tuple[Merits, str]:
    """Errors over windows, resampled by stretches of windows as long as the horizon, since windows that overlap are not
    independent (block bootstrap: Carlstein 1986)."""
    data, truth = judged.data, judged.truth
    rows = getattr(data, judged.part).rows
    said, words = rival(data, rows if judged.index is None else rows[judged.index])
    k, horizon = truth.shape[1:]
    own, other = away(judged.answers, truth, data), away(said, truth, data)
    found: Merits = {}
    steps = {"": slice(None), " 1 step ahead": slice(0, 1), f" {horizon:,} steps ahead": slice(-1, None)}
    for word, take in list(steps.items())[: 1 if horizon == 1 else 3]:
        found |= _errors(own[:, :, take], other[:, :, take], ("MSE", "MAE"), f"{word} (standardised)", "", horizon)
    sd = [data.facts["target"].get(name, {}).get("sd", 0.0) or 1.0 for name in data.target_names]
    for i, name in enumerate(data.target_names[:MOST_NAMED]):
        unit, which = data.raw.units.get(name, ""), f" {name}" if k > 1 else ""
        found |= _errors(sd[i] * own[:, [i]], sd[i] * other[:, [i]], ("RMSE", "MAE"), which, unit, horizon)
    return found, words


def _errors(own: np.ndarray, other: np.ndarray, kinds: tuple[str, ...], word: str, unit: str, block: int) -> Merits:
    """MSE or RMSE, and MAE, of errors [N, K, H], beside a rival's; beside the MSE the skill, 1 - MSE / the rival's
    (Murphy 1988)."""
    n = len(own)
    place = np.arange(n) // max(1, min(block, n // FEW_BLOCKS))
    there = np.isfinite(own)
    sums = [there.sum((1, 2)), *(np.where(there, e, 0.0).sum((1, 2)) for e in (own**2, abs(own), other**2, abs(other)))]
    columns = np.stack([np.bincount(place, s) for s in sums], 1)

    def figures(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        size, *parts = np.moveaxis(weights @ columns[rows], -1, 0)
        means = [p / np.maximum(size, 1e-12) for p in parts]
        root = np.sqrt if kinds[0] == "RMSE" else np.asarray
        skill = 1 - means[0] / np.where(means[2] > 0, means[2], np.nan)
        return np.stack([root(means[0]), means[1], root(means[2]), means[3], skill], 1)

    values, low, high = spread(figures, len(columns))
    found: Merits = {
        f"{kind}{word}": score(values[i], low[i], high[i], n, unit) | {"baseline": float(values[i + 2]), "lower": True}
        for i, kind in enumerate(kinds)
    }
    if kinds[0] == "MSE" and np.isfinite([values[4], low[4], high[4]]).all():
        found[f"skill{word}"] = score(values[4], low[4], high[4], n, "") | {"baseline": 0.0, "lower": False}
    return found


def evidence(case: Case, judged: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Of some test windows of the first variable, in its unit: forecast_history [n, L], forecast_truth and forecast_said
    [n, H], forecast_band [2, n, H]; forecast_spread [2, K, H]: the quantiles of the validation errors that make the band
    (split conformal: Lei et al. 2018, two-sided), forecast_cover: the share of test values inside; forecast_lead [2, H]:
    standardised MSE at each step ahead, of the network and its rival."""
    data, test = case.data, judged["test"]
    windows: Any = data.raw.inputs
    pick = np.unique(np.linspace(0, len(test["rows"]) - 1, SHOWN).astype(int))
    other, _ = rival(data, test["rows"])
    errors = [nanmean(away(v, test["truth"], data) ** 2, (0, 1)) for v in (test["outputs"], other)]
    spread = quantiles(judged["valid"]["truth"] - judged["valid"]["outputs"])
    low, high = test["outputs"] + spread[:, None]
    inside = np.where(np.isfinite(test["truth"]), (test["truth"] >= low) & (test["truth"] <= high), np.nan)
    return {
        "forecast_history": windows[test["rows"][pick]][:, 0, -max(2 * data.shape_out[1], 24) :],
        "forecast_truth": test["truth"][pick, 0],
        "forecast_said": test["outputs"][pick, 0],
        "forecast_band": np.stack([low[pick, 0], high[pick, 0]]),
        "forecast_spread": spread,
        "forecast_cover": nanmean(inside, None),
        "forecast_lead": np.stack(errors),
    }


def quantiles(errors: np.ndarray) -> np.ndarray:
    """Errors [N, K, H] -> [2, K, H]: the 5 % and 95 % quantiles at each step ahead, set outwards for few errors; NaN
    where there are too few for that."""
    n = np.isfinite(errors).sum(0)
    there = np.sort(errors, 0)  # NaN last
    low = np.floor((n + 1) * TAIL).astype(int) - 1
    found = [np.take_along_axis(there, np.clip(i, 0, len(errors) - 1)[None], 0)[0] for i in (low, n - 1 - low)]
    return np.where(low >= 0, np.stack(found), np.nan)


def nanmean(x: np.ndarray, axis: tuple[int, ...] | None) -> np.ndarray:
    """Mean of what is known, NaN where nothing is."""
    there = np.isfinite(x)
    return np.where(there, x, 0.0).sum(axis) / np.where(n := there.sum(axis), n, np.nan)
