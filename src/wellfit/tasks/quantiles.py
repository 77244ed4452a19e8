"""Quantiles: a regression that says how far its answer may be off, by an interval beside the middle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns import shelf
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.merits import Merits
from wellfit.nouns.scores import means, score, spread, wilson
from wellfit.nouns.task import Judged, Question, Task

LEVELS: tuple[float, ...] = shelf.module("losses", "pinball").LEVELS
MIDDLE = LEVELS.index(0.5)


def quantiles() -> Task:
    """The 5 %, 50 % and 95 % quantile of K numbers for each example.

    Measures: pinball loss (twice it, over all levels, is the CRPS), share of answers inside the interval, its width,
    MAE of the median. Rival: always the quantiles of the training rows. Loss: pinball.
    """
    return Task(
        form="values",
        loss=("pinball", "least at the quantiles that are asked for"),
        question=question,
        merits=merits,
        score=gained,
        score_name="share of the pinball loss that is gone",
        steps=2000,
        errors=errors,
    )


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Numbers [N, 3 K], each target once for each level, from [N] or [N, K]. Raises DataError as a regression does, and
    for fields."""
    asked = shelf.module("tasks", "regression").question(y, names, why, raw)
    if asked.y.ndim > 2:
        raise DataError("quantiles of fields", f"targets of shape {asked.y.shape}", "give numbers [N] or [N, K]")
    named = tuple(f"{name} {level:.0%}" for level in LEVELS for name in asked.names)
    return replace(asked, task="quantiles", y=np.tile(asked.y, (1, len(LEVELS))), names=named, shape_out=(len(named),))


def merits(judged: Judged) -> tuple[Merits, str]:
    """Measures of quantiles [N, 3 K], put in order where they cross, beside those of the training rows' quantiles."""
    data, n = judged.data, len(judged.truth)
    said = _by_level(judged.answers)
    truth = _by_level(judged.truth)[:, 0]
    rival = np.broadcast_to(
        np.quantile(_by_level(data.preparation.back(data.train.y))[:, 0], LEVELS, axis=0), said.shape
    )
    found: Merits = {}
    names = [name.removesuffix(f" {LEVELS[0]:.0%}") for name in data.target_names[: truth.shape[1]]]
    for i, name in enumerate(names):
        unit, of = data.raw.units.get(name, ""), f" {name}" if len(names) > 1 else ""
        kinds = (("pinball loss", _pinball), ("MAE of the median", _away), ("width of the interval", _width))
        for word, figure in kinds:
            each = figure(said[..., i], truth[:, i])
            value, low, high = spread(means(each[:, None]), n)
            found[word + of] = score(value[0], low[0], high[0], n, unit)
            found[word + of] |= {"baseline": float(figure(rival[..., i], truth[:, i]).mean()), "lower": True}
        hits = int(_inside(said[..., i], truth[:, i]).sum())
        inside = f"inside the {LEVELS[-1] - LEVELS[0]:.0%} interval{of}"
        found[inside] = score(hits / n, *wilson(hits, n), n)
        found[inside]["baseline"] = float(_inside(rival[..., i], truth[:, i]).mean())
    return found, "always the quantiles of the training rows"


def errors(judged: Judged) -> np.ndarray:
    """(pinball loss of the answer, of the training rows' quantiles) of each example [N, 2], each target in units of its
    spread over the training rows."""
    known = _by_level(judged.data.preparation.back(judged.data.train.y))[:, 0]
    size = np.where(known.std(0) > 0, known.std(0), 1.0)
    truth = _by_level(judged.truth)[:, 0]
    rival = np.broadcast_to(np.quantile(known, LEVELS, axis=0), (len(truth), len(LEVELS), truth.shape[1]))
    both = [
        np.mean([_pinball(q[..., i], truth[:, i]) / size[i] for i in range(truth.shape[1])], 0)
        for q in (_by_level(judged.answers), rival)
    ]
    return np.stack(both, 1)


def gained(outputs: Tensor, targets: Tensor) -> Tensor:
    """1 - pinball loss / that of the best constant answer on these targets; outputs, targets [N, 3 K]."""
    loss = shelf.module("losses", "pinball")
    flat = loss.chance(targets, targets.shape[1:])
    return 1 - loss.pinball(outputs, targets) / torch.tensor(max(flat, 1e-12), device=outputs.device)


def _by_level(y: np.ndarray) -> np.ndarray:
    """[N, 3 K] -> [N, 3, K], levels in order where they cross."""
    return np.sort(np.asarray(y, np.float64).reshape(len(y), len(LEVELS), -1), axis=1)


def _pinball(said: np.ndarray, truth: np.ndarray) -> np.ndarray:
    e = truth[:, None] - said
    return np.maximum(np.array(LEVELS) * e, (np.array(LEVELS) - 1) * e).mean(1)


def _away(said: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.abs(said[:, MIDDLE] - truth)


def _width(said: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return said[:, -1] - said[:, 0]


def _inside(said: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return (said[:, 0] <= truth) & (truth <= said[:, -1])
