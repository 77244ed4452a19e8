"""Skill: how far a network has come from the best constant answer to a perfect one, on training and validation rows.

One scale for all tasks. Error of an example: squared distance of the answer from the truth, that is of class
probabilities from 0 and 1 (Brier 1950), or of values, each target in units of its spread over the training rows.
Skill = 1 - error / error of the constant answer (class shares, or the mean, of the training rows): the Brier skill
score (Murphy 1973) for classes, R² for values. A bounded error keeps one bold mistake from ruling the figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wellfit.nouns.scores import RESAMPLES, SEED, resampled
from wellfit.nouns.task import Form, Judged, task_of

TINY = 1e-12
LOST, SURELY_LOST = 0.2, 0.1
ROWS = ("train", "valid")


class Estimate(NamedTuple):
    """A figure with its 95 % interval, and what it was in each of 1,000 resamples."""

    value: float
    low: float
    high: float
    samples: np.ndarray

    @classmethod
    def of(cls, value: float, samples: np.ndarray) -> Estimate:
        low, high = np.quantile(samples, [0.025, 0.975])
        return cls(float(value), float(low), float(high), samples)


@dataclass(frozen=True)
class Skill:
    """train, valid: skill on either's rows; gap = train - valid; lost = gap / train, the share of what was learnt
    that does not carry over; short: by how much a reference (a random forest) does better on the validation rows,
    None where there is none; n_train, n_valid: rows it rests on."""

    train: Estimate
    valid: Estimate
    gap: Estimate
    lost: Estimate
    short: Estimate | None
    n_train: int
    n_valid: int

    @property
    def overfitted(self) -> bool:
        """Does a fifth or more of what was learnt not carry over, and a tenth for certain (95 %)?"""
        return self.lost.value >= LOST and self.lost.low > SURELY_LOST

    @property
    def reached(self) -> float:
        """The reference's skill on the validation rows; NaN where there is none."""
        return float("nan") if self.short is None else self.valid.value + self.short.value


def skill_of(have: Mapping[str, Any]) -> Skill | None:
    """From outputs and truths; where there are none, from the loss curves at their best epoch against chance."""
    names = ("train_outputs", "train_truth", "valid_outputs", "valid_truth")
    if any(name not in have or not len(have[name]) for name in names):
        return _from_curves(have)
    parts = {p: have[f"{p}_errors"] if f"{p}_errors" in have else _errors(have, p, f"{p}_outputs") for p in ROWS}
    if not all(np.isfinite(e).all() for e in parts.values()):
        return None
    reference = None
    if len(have.get("valid_reference", ())) == len(have["valid_truth"]):
        reference = _errors(have, "valid", "valid_reference")[:, 0]
    return _skill(parts["train"], parts["valid"], reference)


def _skill(train: np.ndarray, valid: np.ndarray, reference: np.ndarray | None) -> Skill:
    """train, valid: (error, error of the constant answer) by example [N, 2]."""
    found = {}
    columns = valid if reference is None else np.column_stack([valid, reference])
    for part, e, seed in (("train", train, SEED), ("valid", columns, SEED + 1)):
        value, samples = resampled(lambda weights, rows, e=e: _ratios(weights @ e[rows]), len(e), seed)
        found[part] = Estimate.of(value[0], samples[:, 0])
        if e.shape[1] == 3:
            found["short"] = Estimate.of(value[1] - value[0], samples[:, 1] - samples[:, 0])
    return _compare(found["train"], found["valid"], found.get("short"), len(train), len(valid))


def _ratios(sums: np.ndarray) -> np.ndarray:
    """Skills [r, 1 or 2] from weighted sums [r, (error, error of the constant, error of the reference)]."""
    return 1 - sums[:, [0, 2][: sums.shape[1] - 1]] / np.maximum(sums[:, [1]], TINY)


def _compare(train: Estimate, valid: Estimate, short: Estimate | None, n_train: int, n_valid: int) -> Skill:
    gap = Estimate.of(train.value - valid.value, train.samples - valid.samples)
    floor = max(train.value, 0.02)  # below this there is nothing learnt of which a share could be lost
    lost = Estimate.of(gap.value / floor, gap.samples / np.maximum(train.samples, 0.02))
    return Skill(train, valid, gap, lost, short, n_train, n_valid)


def _errors(have: Mapping[str, Any], part: str, outputs: str) -> np.ndarray:
    """(error of the answer, error of the constant answer) of each example [N, 2], weighted as the recipe weighs."""
    answers, truth, known = (np.asarray(have[name], float) for name in (outputs, f"{part}_truth", "train_truth"))
    form = _form(have)
    if form == "classes":
        n_classes = answers.shape[1]
        one_hot = np.eye(n_classes)
        truth, known = one_hot[truth.astype(int)], one_hot[known.astype(int)]
        weight = _weights(have, known.sum(0))
        by_row, by_known = truth @ weight, known @ weight
        constant = by_known @ known / by_known.sum()
        both = np.stack([((answers - truth) ** 2).sum(1), ((constant - truth) ** 2).sum(1)], 1)
        return both * (by_row / by_row.mean())[:, None]
    answers, truth, known = (a.reshape(len(a), -1) for a in (answers, truth, known))
    size = known.std(0) if form == "values" else np.ones(known.shape[1])
    size = np.where(size > 0, size, 1.0)
    away = lambda guess: (((guess - truth) / size) ** 2).mean(1)
    return np.stack([away(answers), away(known.mean(0))], 1)


def _form(have: Mapping[str, Any]) -> Form:
    """How answers are held, by the task named in the evidence; without one they are compared as they are."""
    return task_of(have["task"]).form if have.get("task") else "labels"


def cell_errors(judged: Judged) -> np.ndarray:
    """(error of the answer, error of the constant answer) of each example of arrays [N, 2], over its known cells.

    Class probabilities [N, C, *cells]: squared distance from 0 and 1, the constant being the shares of the classes in
    the training rows. Values [N, K, *cells]: squared distance in units of the target's spread over the training rows,
    the constant being each cell's mean there.
    """
    answers, truth, data = judged.answers, judged.truth, judged.data
    area = 1.0 if data.raw.area is None else data.raw.area
    if answers.shape != truth.shape:  # classes
        y = data.train.y
        share = np.bincount(y[y >= 0].cpu().numpy(), minlength=answers.shape[1]) / max(int((y >= 0).sum()), 1)
        asked = truth >= 0
        one = np.moveaxis(np.eye(answers.shape[1])[np.where(asked, truth, 0)], -1, 1)
        flat = share.reshape(1, -1, *[1] * (truth.ndim - 1))
        away = [((said - one) ** 2).sum(1) for said in (answers, flat)]
    else:
        known = data.preparation.back(data.train.y)
        asked = np.isfinite(truth)
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = np.nan_to_num(np.nansum(known, 0) / np.isfinite(known).sum(0))
        size = np.nanstd(known, (0, *range(2, known.ndim))).reshape(1, -1, *[1] * (known.ndim - 2))
        away = [
            ((said - np.where(asked, truth, 0.0)) / np.where(size > 0, size, 1.0)) ** 2 for said in (answers, middle)
        ]
    counts = (asked * area).reshape(len(truth), -1)
    total = np.maximum(counts.sum(1), TINY)
    return np.stack([(e.reshape(len(truth), -1) * counts).sum(1) / total for e in away], 1)


def _weights(have: Mapping[str, Any], counts: np.ndarray) -> np.ndarray:
    """The weight of each class in the loss: where classes are weighted, they are in the verdict too."""
    chosen = (have.get("recipe") or {}).get("training.class_weights", "none")
    if isinstance(chosen, str):
        return np.ones(len(counts)) if chosen == "none" else 1 / np.maximum(counts, 1)
    return np.asarray(chosen, float)


def _from_curves(have: Mapping[str, Any]) -> Skill | None:
    """Skill = 1 - loss / chance at the best epoch. The standard error of the training loss, which a curve does not
    tell, is taken from that of the validation loss and the numbers of rows."""
    train, valid, chance = have.get("train_loss"), have.get("valid_loss"), have.get("chance_loss")
    if train is None or valid is None or not chance or not np.isfinite(valid.values).any():
        return None
    best = int(np.nanargmin(valid.values))
    n_train, n_valid = (int(have.get(f"n_{part}", 100)) for part in ("train", "valid"))
    error = have["valid_loss_se"].values[best] if "valid_loss_se" in have else valid.values[best] / np.sqrt(n_valid)
    rng, found = np.random.default_rng(SEED), []
    for values, se in ((train.values, error * np.sqrt(n_valid / n_train)), (valid.values, error)):
        noise = rng.normal(size=RESAMPLES) * (se / chance if np.isfinite(se) else 1.0)
        found.append(Estimate.of(1 - values[best] / chance, 1 - values[best] / chance + noise))
    if not all(np.isfinite(e.value) for e in found):
        return None
    return _compare(found[0], found[1], None, n_train, n_valid)
