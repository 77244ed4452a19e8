"""tally: what the training rows of a large source tell, counted in one pass over its pieces: means, spreads, levels.

Moments of pieces are put together as Chan, Golub and LeVeque (1983) do it, so that nothing is lost to cancellation.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from wellfit.nouns.columns import Column, booleans, dates, numbers, series_of, text_among_numbers, texts
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.scaling import Scaling
from wellfit.verbs.load.columns import category, not_finite

EXACT = ("centre", "standardise", "minmax")  # scalings that are worked out from all rows; ranks are of a sample
MOST_WORDS = 100_000  # different values of a category that are counted


@dataclass
class Moments:
    """n, mean, squares (sum of squared distances from the mean), least and most, each [F] of values [N, F]."""

    n: np.ndarray
    mean: np.ndarray
    squares: np.ndarray
    least: np.ndarray
    most: np.ndarray

    @classmethod
    def none(cls, width: int) -> Moments:
        n, mean, squares = np.zeros((3, width))
        return cls(n, mean, squares, np.full(width, np.inf), np.full(width, -np.inf))

    def add(self, x: np.ndarray) -> None:
        """Take in x [n, F]; NaN does not count."""
        there = np.isfinite(x)
        n = there.sum(0)
        some = np.maximum(n, 1)
        filled = np.where(there, x, 0.0)
        mean = filled.sum(0) / some
        squares = (np.where(there, filled - mean, 0.0) ** 2).sum(0)
        whole, away = np.maximum(self.n + n, 1), np.where(n > 0, mean - self.mean, 0.0)
        self.squares += squares + away**2 * self.n * n / whole
        self.mean = self.mean + away * n / whole
        self.n = self.n + n
        self.least = np.minimum(self.least, np.where(there, x, np.inf).min(0, initial=np.inf))
        self.most = np.maximum(self.most, np.where(there, x, -np.inf).max(0, initial=-np.inf))

    def with_fill(self, fill: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """(mean, standard deviation) [F] of n rows, in which `fill` stands for what is missing."""
        lost = n - self.n
        mean = (self.n * self.mean + lost * fill) / max(1, n)
        squares = self.squares + self.n * (self.mean - mean) ** 2 + lost * (fill - mean) ** 2
        return mean, np.sqrt(squares / max(1, n))


@dataclass
class Tally:
    """columns: of a table; n: training rows; values: of each number, boolean and date; words: of each category;
    lost: missing values by column, of all rows; answers: of numeric targets; arrays: of inputs that are arrays."""

    columns: tuple[Column, ...]
    missing: str
    answers: Moments
    arrays: Moments | None = None
    n: int = 0
    values: dict[str, Moments] = field(default_factory=dict)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    lost_in_train: Counter[str] = field(default_factory=Counter)

    def add_table(self, frame: Any, train: np.ndarray) -> None:
        """One piece, and which of its rows are for training. Raises DataError as `survey` does for whole tables."""
        for column in self.columns:
            name, series = column.name, series_of(frame, column.name)
            if column.kind in ("category", "code"):
                said, gone = texts(series)
                self.words.setdefault(name, Counter()).update(said[train & ~gone].tolist())
            else:
                values, bad = _values(series, column)
                if bad.any() and not column.lenient:
                    raise text_among_numbers(series, bad)
                if (n := int(np.isinf(values).sum())) and self.missing != "impute":
                    raise not_finite(name, n, len(frame), "Inf")
                gone = ~np.isfinite(values)
                self.values.setdefault(name, Moments.none(1)).add(np.where(gone, np.nan, values)[train][:, None])
            if gone.any() and self.missing == "refuse":
                raise not_finite(name, int(gone.sum()), len(frame), "missing")
            self.lost[name] += int(gone.sum())
            self.lost_in_train[name] += int(gone[train].sum())
        self.n += int(train.sum())

    def add_arrays(self, x: np.ndarray, train: np.ndarray) -> None:
        """One piece of arrays [n, *shape]; pictures by channel."""
        if self.arrays is not None:
            held = x[train].astype(np.float64)
            width = len(self.arrays.n)
            flat = held.reshape(-1, width) if width != x.shape[1] or x.ndim == 2 else np.moveaxis(held, 1, -1)
            self.arrays.add(flat.reshape(-1, width))
        self.n += int(train.sum())

    def plan(self) -> tuple[tuple[Column, ...], dict[str, str]]:
        """The columns with what all training rows tell; those to be left out, and why."""
        kept, left = [], {}
        for c in self.columns:
            lost = self.lost_in_train[c.name] > 0
            if c.kind == "category":
                counts = self.words.get(c.name, Counter())
                levels = np.array(sorted(counts), dtype=object)
                made, why = category(c.name, levels, np.array([counts[w] for w in levels], np.int64), lost)
                if made is None:
                    left[c.name] = why
                else:
                    kept.append(made)
                continue
            kept.append(c if c.kind == "code" else replace(c, indicator=lost))
        return tuple(kept), left


def _values(series: Any, column: Column) -> tuple[np.ndarray, np.ndarray]:
    if column.kind == "date":
        return dates(series, column.format), np.zeros(len(series), bool)
    return booleans(series) if column.kind == "boolean" else numbers(series)


def exact(prepared: Preparation, tally: Tally) -> Preparation:
    """The preparation with columns and scalings of all training rows; ranks (quantile, robust, pca ...), and medians for
    what is missing, stay those of the sample it was learnt from."""
    scaling = prepared.scaling
    if scaling.method in EXACT and tally.arrays is not None:
        m = tally.arrays
        shape = scaling.parts["shift"].shape
        fill = (
            np.zeros(len(m.n))
            if prepared.fill is None
            else np.broadcast_to(prepared.fill.numpy().reshape(-1), len(m.n))
        )
        moments = m.with_fill(fill, int(m.n.max(initial=0)))
        shift, scale = _parts(scaling.method, *moments, m.least, m.most)
        parts = dict(scaling.parts) | {"shift": _tensor(shift, shape), "scale": _tensor(scale, shape)}
        scaling = replace(scaling, parts=parts)
    elif scaling.method in EXACT:
        scaling = _of_columns(prepared, scaling, tally)
    targets = prepared.target_scaling
    if targets.method in EXACT:
        m = tally.answers
        moments = m.with_fill(np.zeros(len(m.n)), int(m.n.max(initial=0)))
        shift, scale = _parts(targets.method, *moments, m.least, m.most)
        parts = dict(targets.parts) | {"shift": torch.from_numpy(shift), "scale": torch.from_numpy(scale)}
        targets = replace(targets, parts=parts)
    return replace(prepared, scaling=scaling, target_scaling=targets)


def _of_columns(prepared: Preparation, scaling: Scaling, tally: Tally) -> Scaling:
    """Shift and scale of each feature that is a number; those that are on a good scale as they are get 0 and 1."""
    shift, scale, plain, at = [], [], [], 0
    for c in prepared.columns:
        own = np.zeros(len(c.features)), np.ones(len(c.features))
        if c.name in tally.values and not all(c.plain):
            m = tally.values[c.name]
            moments = m.with_fill(np.array([c.fill]), tally.n)
            own[0][:1], own[1][:1] = _parts(scaling.method, *moments, m.least, m.most)
        shift, scale, plain, at = [*shift, own[0]], [*scale, own[1]], [*plain, *c.plain], at + len(c.features)
    parts = {"shift": torch.from_numpy(np.concatenate(shift)), "scale": torch.from_numpy(np.concatenate(scale))}
    if any(plain):
        parts["plain"] = torch.from_numpy(np.array(plain))
    return replace(scaling, shape=(at,), parts=parts)


def _parts(
    method: str, mean: np.ndarray, std: np.ndarray, least: np.ndarray, most: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(shift, scale) as in nouns/scaling.py; a constant feature is divided by 1."""
    shift, scale = {"centre": (mean, np.ones_like(mean)), "standardise": (mean, std)}.get(method, (least, most - least))
    tiny = 1e-12 * np.maximum(np.abs(shift), 1e-300)
    return shift, np.where(np.isfinite(scale) & (scale > tiny), scale, 1.0)


def _tensor(values: np.ndarray, shape: Any) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values.reshape(shape)))
