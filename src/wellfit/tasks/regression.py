"""Regression: K numbers for each example, or K fields of numbers."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.merits import Merits, of_cells, of_values
from wellfit.nouns.task import Judged, Question, Task, as_numbers, known, marked
from wellfit.nouns.units import percent


def regression() -> Task:
    """K numbers for each example, or K fields of numbers.

    Measures: RMSE, MAE and R² of each target in its unit. Rival: always the mean of the training rows (of each cell,
    for fields). Loss: Huber's, or mse, mae.
    """
    return Task(
        form="values",
        loss=("huber", "large errors pull less (housing RMSE 46.9k, 47.3k squared)"),
        question=question,
        merits=merits,
        score=r2,
        score_name="R², variance explained",
        suits=suits,
        steps=2000,
    )


def suits(y: np.ndarray, raw: Raw) -> str:
    """Array targets of numbers with fractions."""
    return f"targets are fields of numbers, {' × '.join(map(str, y.shape[1:]))}" if y.dtype.kind == "f" else ""


def merits(judged: Judged) -> tuple[Merits, str]:
    """Measures of values [N, K] beside those of the training mean; of fields, over all known cells."""
    data, truth = judged.data, judged.truth
    train = data.preparation.back(data.train.y)
    if truth.ndim == 2:
        middle = np.asarray(train, np.float64).reshape(len(train), -1).mean(0)
        return of_values(judged.answers, truth, middle, data.target_names, data.raw.units)
    with np.errstate(invalid="ignore"):
        middle = np.nansum(train, 0) / np.isfinite(train).sum(0)
    rival = np.broadcast_to(middle, truth.shape)
    found = of_cells(judged.answers, truth, rival, data.target_names, data.raw.units, data.raw.area)
    return found, "always the mean of the training rows in each cell"


def r2(outputs: Tensor, targets: Tensor) -> Tensor:
    """Share of the variance that is explained, the mean over targets; over all known cells of fields."""
    if targets.ndim > 2:
        there = known(targets)
        said, true = outputs[there], targets[there]
        return 1 - ((said - true) ** 2).sum() / ((true - true.mean()) ** 2).sum().clamp_min(1e-12)
    left, spread = ((outputs - targets) ** 2).sum(0), ((targets - targets.mean(0)) ** 2).sum(0)
    return (1 - left / spread.clamp_min(1e-12)).mean()


def _fields(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Fields [N, K, *cells], NaN (or masked) where there is no answer."""
    y = marked(np.where(np.isfinite(y), y, np.nan), raw.mask)
    names = names if len(names) == y.shape[1] else tuple(f"target {i + 1}" for i in range(y.shape[1]))
    asked = np.isfinite(y)
    for i, name in enumerate(names):
        if not asked[:, i].any():
            raise DataError(f"values of the target {name!r}", "all of its cells are missing", "name another target")
        if np.ptp(y[:, i][asked[:, i]]) == 0:
            raise DataError(f"the target {name!r}", "the same value in every cell", "name another target")
    empty = 1 - asked.mean()
    note = Finding(
        "cells-masked",
        "info",
        f"{percent(float(empty))} of the target cells are missing or masked; they never enter loss and measures",
        stage="data",
    )
    return Question("regression", why, y, names, findings=(note,) if empty else ())


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Numbers [N, K] from [N] or [N, K]; fields [N, K, *cells] keep their shape.

    Raises DataError for text, and for a target that never varies.
    """
    numeric = as_numbers(y)
    if numeric is None:
        flat = y.reshape(-1)
        bad = next((str(v) for v in flat if not _is_number(v)), "")
        raise DataError(
            f"numbers in the target {names[0]!r}", f"text, first {bad!r}", "mend it, or --set data.task=classification"
        )
    if numeric.ndim > 2:
        return _fields(numeric, names, why, raw)
    numeric = numeric.reshape(len(numeric), -1)
    same = [n for n, column in zip(names, numeric.T) if (column == column[0]).all()]
    if same:
        raise DataError(
            f"the target {same[0]!r}",
            f"constant: {numeric[0, names.index(same[0])]:g} in every row",
            "name another target",
        )
    return Question("regression", why, numeric, names, findings=_capped(numeric, names))


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True


def _capped(numeric: np.ndarray, names: tuple[str, ...]) -> tuple[Finding, ...]:
    """Targets cut off at their largest value: at least 1 % of the rows have it, 10 times as many as any other
    of the 100 largest values, among 100 different ones or more."""
    found = []
    for name, column in zip(names, numeric.T):
        values, counts = np.unique(column, return_counts=True)
        top = int(counts[-1])
        if len(values) >= 100 and top >= 0.01 * len(column) and top >= 10 * counts[-101:-1].max():
            share = top / len(column)
            found.append(
                Finding(
                    "target-capped",
                    "info",
                    f"{name} seems cut off at {values[-1]:g}: {top:,} rows ({share:.1%}) have exactly this value",
                    remedy="leave these rows out, or read predictions near it as 'at least'",
                    stage="data",
                )
            )
    return tuple(found)
