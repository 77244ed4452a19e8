"""task: which task the targets ask for; the task itself brings them to the form it needs."""

from __future__ import annotations

import numpy as np

from wellfit.nouns import shelf
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.task import Question, as_numbers, task_of

CODES = 20  # whole numbers counted from 0 or 1 up to this many are class codes
MANY_CODES = 1000  # for pictures, whose labels are hardly ever quantities
# fmt: off
ORDERED = frozenset(("quality", "rating", "score", "grade", "stars", "count", "number", "num", "age", "year", "years",
                     "level", "rank", "points", "rings", "days", "hours", "n"))
# fmt: on


def question(y: np.ndarray, names: tuple[str, ...], raw: Raw, asked: str = "auto") -> Question:
    """What targets y [N], [N, K] or [N, ...] ask for: by the recipe, else by the reader, else by their values.

    Raises DataError for missing or non-finite answers, for arrays that no task takes by themselves, and what the task
    refuses besides.
    """
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    numeric = None
    if y.ndim < 3:
        names = names or tuple(f"target {i + 1}" for i in range(y.shape[1])) if y.ndim == 2 else names or ("target",)
        numeric = as_numbers(y)
        _complete(y, numeric, ", ".join(names[:5]))
    if asked != "auto":
        word, why = asked, "as asked"
    elif raw.task:
        word, why = raw.task, f"the answers of {raw.name} are for it"
    else:
        word, why = infer(y, numeric, names, raw.kind) if y.ndim < 3 else _infer_arrays(y, raw)
    return task_of(word).question(y, names, why, raw)


def _infer_arrays(y: np.ndarray, raw: Raw) -> tuple[str, str]:
    """The task that array targets speak for, as the tasks themselves say, and why."""
    for word in shelf.names("tasks"):
        if why := task_of(word).suits(y, raw):
            return word, why
    raise DataError(
        "one answer, or a row of answers, for each example",
        f"targets of shape {y.shape} of type {y.dtype}",
        f"give [N] or [N, K], or name the task: --set data.task=WORD, of {', '.join(shelf.names('tasks'))}",
    )


def _complete(y: np.ndarray, numeric: np.ndarray | None, label: str) -> None:
    if numeric is not None:
        bad = ~np.isfinite(numeric)
    else:
        from pandas import isna

        bad = np.asarray(isna(y)) | (y.astype(str) == "")
    rows = np.flatnonzero(bad.reshape(len(y), -1).any(axis=1))
    if len(rows):
        if len(rows) == len(y):
            raise DataError(f"answers in {label!r}", f"none in {len(y):,} rows", "name another target: --target COLUMN")
        listed = ", ".join(f"{r + 1:,}" for r in rows[:3])
        raise DataError(
            f"an answer for every example in {label!r}",
            f"{len(rows):,} of {len(y):,} targets are missing, NaN or Inf (rows {listed}{', ...' * (len(rows) > 3)})",
            "fill them in, or --set data.missing=impute to leave these rows out (targets are never made up)",
        )


def infer(y: np.ndarray, numeric: np.ndarray | None, names: tuple[str, ...], kind: str) -> tuple[str, str]:
    """The task that the targets' values speak for, and why."""
    if y.ndim == 2:
        return _infer_columns(y, numeric)
    name = names[0]
    if numeric is None or y.dtype.kind == "b":
        return "classification", f"{name!r} holds names"
    if (numeric != np.floor(numeric)).any():
        return "regression", f"{name!r} holds numbers with fractions"
    values = np.unique(numeric)
    k, low, high = len(values), int(values[0]), int(values[-1])
    if k == 2:
        return "classification", f"{name!r} holds two values, {low} and {high}"
    said = set(name.casefold().replace("_", " ").split()) & ORDERED
    if kind == "pictures":
        most = min(MANY_CODES, len(y) // 2)
        if k <= most and not said:
            return "classification", f"{k} whole numbers as labels of pictures"
        return "regression", f"{name!r}: {k} different whole numbers, {low} to {high}"
    if said:
        why = f"{name!r}: {k} ordered whole numbers, {low} to {high}, by its name a quantity"
        return "regression", f"{why}; --set data.task=classification tells them apart as classes instead"
    coded = low in (0, 1) and high - low + 1 == k
    if coded and k <= CODES:
        return "classification", f"{name!r} holds {k} whole numbers, {low} to {high}, counted like classes"
    counts = np.unique(numeric, return_counts=True)[1]
    if coded and k <= 200 and counts.min() >= 20 and counts.max() <= 5 * counts.min():
        return (
            "classification",
            f"{name!r} holds {k} whole numbers from {low}, all about as frequent, as class codes are",
        )
    return "regression", f"{name!r} holds {k:,} different whole numbers, {low:,} to {high:,}"


def _infer_columns(y: np.ndarray, numeric: np.ndarray | None) -> tuple[str, str]:
    if numeric is None:
        raise DataError(
            f"{y.shape[1]} targets", "text among them", "predict one column of names at a time, or columns of numbers"
        )
    if np.isin(numeric, (0.0, 1.0)).all():
        if (numeric.sum(axis=1) == 1).all():
            return "classification", f"{y.shape[1]} columns of 0 and 1, exactly one 1 a row: one-hot classes"
        return "multilabel", f"{y.shape[1]} columns of 0 and 1, any number of 1 a row"
    return "regression", f"{y.shape[1]} columns of numbers"
