"""task: classification, several labels, or regression; and the targets in the form that the task needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellfit.nouns.data import Task
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.preparation import class_name, tidy

CODES = 20  # whole numbers counted from 0 or 1 up to this many are class codes
MANY_CODES = 1000  # for pictures, whose labels are hardly ever quantities
# fmt: off
ORDERED = frozenset(("quality", "rating", "score", "grade", "stars", "count", "number", "num", "age", "year", "years",
                     "level", "rank", "points", "rings", "days", "hours", "n"))
# fmt: on


@dataclass(frozen=True)
class Question:
    """What is asked of the network. task, why; y: [N] class names, [N, C] of 0/1, or [N, K] float64;
    classes: names in the order of their indices; names: of the targets; findings: what was mended in the labels."""

    task: Task
    why: str
    y: np.ndarray
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def indices(self) -> np.ndarray:
        """[N] class indices of a classification, else zeros."""
        if self.task != "classification":
            return np.zeros(len(self.y), dtype=np.int64)
        place = {name: i for i, name in enumerate(self.classes)}
        return np.array([place[name] for name in self.y.tolist()], dtype=np.int64)


def question(y: np.ndarray, names: tuple[str, ...], kind: str, asked: str = "auto") -> Question:
    """The task that targets y [N] or [N, K] ask for, or the asked one.

    Raises DataError for missing or non-finite targets, one class, a class with one example, constant targets,
    text where numbers belong, more classes than examples could teach.
    """
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    names = names or tuple(f"target {i + 1}" for i in range(y.shape[1])) if y.ndim == 2 else names or ("target",)
    label = ", ".join(names[:5])
    if y.ndim > 2:
        raise DataError(
            "one answer, or a row of answers, for each example", f"targets of shape {y.shape}", "give [N] or [N, K]"
        )
    numeric = _as_numbers(y)
    _complete(y, numeric, label)
    task, why = infer(y, numeric, names, kind)
    if asked != "auto":
        task, why = asked, "as asked"
    if task == "multilabel":
        return _labels(numeric, names, why)
    if task == "regression":
        return _quantities(y, numeric, names, why)
    return _classes(y, names, label, why)


def _as_numbers(y: np.ndarray) -> np.ndarray | None:
    """y as float64 where every value is a number (or missing), else None."""
    if y.dtype.kind in "buif":
        return y.astype(np.float64)
    try:
        return y.astype(np.float64)
    except (ValueError, TypeError):
        return None


def _complete(y: np.ndarray, numeric: np.ndarray | None, label: str) -> None:
    if numeric is not None:
        bad = ~np.isfinite(numeric)
    else:
        from pandas import isna

        bad = np.asarray(isna(y)) | (y.astype(str) == "")
    rows = np.flatnonzero(bad.reshape(len(y), -1).any(axis=1))
    if len(rows):
        listed = ", ".join(f"{r + 1:,}" for r in rows[:3])
        raise DataError(
            f"an answer for every example in {label!r}",
            f"{len(rows):,} of {len(y):,} targets are missing, NaN or Inf (rows {listed}{', ...' * (len(rows) > 3)})",
            "fill them in, or --set data.missing=impute to leave these rows out (targets are never made up)",
        )


def infer(y: np.ndarray, numeric: np.ndarray | None, names: tuple[str, ...], kind: str) -> tuple[Task, str]:
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


def _infer_columns(y: np.ndarray, numeric: np.ndarray | None) -> tuple[Task, str]:
    if numeric is None:
        raise DataError(
            f"{y.shape[1]} targets", "text among them", "predict one column of names at a time, or columns of numbers"
        )
    if np.isin(numeric, (0.0, 1.0)).all():
        if (numeric.sum(axis=1) == 1).all():
            return "classification", f"{y.shape[1]} columns of 0 and 1, exactly one 1 a row: one-hot classes"
        return "multilabel", f"{y.shape[1]} columns of 0 and 1, any number of 1 a row"
    return "regression", f"{y.shape[1]} columns of numbers"


def _labels(numeric: np.ndarray | None, names: tuple[str, ...], why: str) -> Question:
    if numeric is None or numeric.ndim != 2 or not np.isin(numeric, (0.0, 1.0)).all():
        raise DataError(
            "several labels an example (multilabel)",
            "targets that are not columns of 0 and 1",
            "give [N, K] of 0 and 1",
        )
    same = [n for n, column in zip(names, numeric.T) if len(np.unique(column)) == 1]
    if same:
        raise DataError(f"the label {same[0]!r}", "it is the same in every example", "leave this label out")
    return Question("multilabel", why, numeric.astype(np.float32), names, classes=names)


def _quantities(y: np.ndarray, numeric: np.ndarray | None, names: tuple[str, ...], why: str) -> Question:
    if numeric is None:
        flat = y.reshape(-1)
        bad = next((str(v) for v in flat if not _is_number(v)), "")
        raise DataError(
            f"numbers in the target {names[0]!r}", f"text, first {bad!r}", "mend it, or --set data.task=classification"
        )
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


def _classes(y: np.ndarray, names: tuple[str, ...], label: str, why: str) -> Question:
    if y.ndim == 2:
        columns = names if len(names) == y.shape[1] else tuple(map(str, range(y.shape[1])))
        words, label, names = np.array(columns, dtype=object)[y.astype(np.float64).argmax(axis=1)], "class", ("class",)
    else:
        named = np.array([class_name(v) for v in y.tolist()]) if y.dtype.kind == "O" else y
        distinct, codes = np.unique(named, return_inverse=True)
        words = np.array([class_name(v) for v in distinct], dtype=object)[codes]
    words, findings = _merged(words, label)
    found, first, counts = np.unique(words.astype(str), return_index=True, return_counts=True)
    classes = [str(c) for c in found]
    if len(classes) == 1:
        raise DataError(f"classes to tell apart in {label!r}", f"one class only: {classes[0]!r}, {len(words):,} times",
                        "name another target, or add examples of another class")  # fmt: skip
    single = np.flatnonzero(counts == 1)
    if len(single):
        alone = ", ".join(f"{classes[i]!r} (row {first[i] + 1:,})" for i in single[:3])
        more = f" and {len(single) - 3:,} more" if len(single) > 3 else ""
        some = "one class has" if len(single) == 1 else f"{len(single):,} of {len(classes):,} classes have"
        many = len(single) > len(classes) / 2 and _is_number(words[0])
        raise DataError(
            f"two examples or more of each class in {label!r}",
            f"{some} a single example: {alone}{more}",
            "--set data.task=regression, if these are quantities"
            if many
            else "add examples, or leave the rows out or join them to another class",
        )
    return Question("classification", why, words, names, tuple(_ordered(classes)), findings)


def _ordered(names: list[str]) -> list[str]:
    """Numbers by value, names by the alphabet."""
    return sorted(names, key=float) if all(map(_is_number, names)) else sorted(names)


def _merged(words: np.ndarray, label: str) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """Class names that differ only by a stray full stop or spaces joined under the more frequent spelling."""
    names, counts = np.unique(words.astype(str), return_counts=True)
    spellings: dict[str, list[tuple[int, str]]] = {}
    for name, count in zip(names.tolist(), counts.tolist()):
        spellings.setdefault(tidy(name), []).append((count, name))
    into = {n: max(group)[1] for group in spellings.values() if len(group) > 1 for _, n in group}
    strays = {n: t for n, t in into.items() if n != t}
    if not strays:
        return words, ()
    said = ", ".join(f"{n!r} ({int(counts[names == n][0]):,}) as {t!r}" for n, t in strays.items())
    note = Finding(
        "labels-encoding",
        "info",
        f"{label}: {len(strays)} class names differ from others only by a stray full stop or space; joined",
        evidence=f"read {said}",
        stage="data",
    )
    return np.array([into.get(w, w) for w in words.tolist()], dtype=object), (note,)
