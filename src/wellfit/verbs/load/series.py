"""series: a table with a time column as variables on an even grid of time, its gaps open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.columns import missing_column, numbers, series_of, text_among_numbers
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.units import many, percent
from wellfit.verbs.load.axis import Axis, axis_of
from wellfit.verbs.load.marks import Mark, mark_of, said_of
from wellfit.verbs.load.target import by_name
from wellfit.verbs.load.times import is_named, time_columns, times

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 50  # rows from which a table with a time column is taken for a series by itself
FORWARD = 0.95  # share of steps one way, from which rows are taken for a series, though others repeat or run back
EVEN = 0.9  # share of steps of one length, from which text beside numbers does not speak against a series


@dataclass(frozen=True)
class Series:
    """values float64 [T, C], NaN in gaps; names [C], the variables predicted first; n_targets: how many those are;
    time: the columns it was read from; axis; gaps: places without a row, between the first and the last;
    sentinels: variable -> the number that stands for a missing value in it."""

    values: np.ndarray
    names: tuple[str, ...]
    n_targets: int
    time: tuple[str, ...]
    axis: Axis
    gaps: int
    sentinels: dict[str, float]
    findings: tuple[Finding, ...]

    def __len__(self) -> int:
        return len(self.values)


def asked_for(choices: DataChoices) -> bool:
    """Does the recipe ask for a forecast?"""
    return choices.task == "forecast" or (choices.task == "auto" and bool(choices.horizon or choices.history))


def is_series(raw: Raw, choices: DataChoices) -> bool:
    """Is a table to be read as a series: since the recipe asks for it, or since it has a time column that goes one way,
    nothing but numbers beside it (mostly numbers, where its steps are even), no column named like an answer, and nobody
    asked for anything else?"""
    if raw.kind != "table":
        if asked_for(choices):
            found = f"{raw.name} holds {'pictures' if raw.kind == 'pictures' else 'an array'}"
            raise DataError("a forecast (data.task, data.horizon)", found, "give a table with a time column")
        return False
    if asked_for(choices):
        return True
    other = choices.target or choices.task != "auto" or choices.split not in ("auto", "time") or choices.group
    if other or raw.target_names or raw.given is not None or len(raw) < FEWEST or choices.weight:
        return False
    frame = unfolded(raw.inputs.drop(columns=list(choices.drop), errors="ignore"))  # type: ignore[union-attr]
    time = time_columns(frame, choices.time)
    rest = [c for c in frame.columns if c not in time]
    if not time or not set(time) <= set(frame.columns) or not rest or (len(rest) > 1 and by_name(rest)[0]):
        return False
    steps = np.diff(times(frame, time).values)
    if not len(steps) or max((steps > 0).mean(), (steps < 0).mean()) <= FORWARD:
        return False
    numeric = [frame[c].dtype.kind in "iuf" for c in rest]
    even = (steps > 0).all() and (np.abs(steps / np.median(steps) - 1) < 0.2).mean() >= EVEN  # months differ by a tenth
    return all(numeric) or bool(even and np.mean(numeric) > 0.5)


def series(
    raw: Raw, choices: DataChoices, only: tuple[str, ...] = (), marks: Mapping[str, float] | None = None
) -> Series:
    """The series in a table; only, marks: its variables in their order, and what stands for missing in them, where a
    run knows both. Raises DataError for no time column, no numbers beside it, a variable that is all missing, and times
    that run backwards or repeat."""
    frame = unfolded(raw.inputs, 1 if only else 3)  # type: ignore[arg-type]
    for name in (*only, choices.time) if only else (*choices.drop, choices.time):
        if name and name not in frame.columns:
            raise missing_column(name, list(frame.columns), "the column")
    frame = frame.drop(columns=list(choices.drop), errors="ignore")
    time = time_columns(frame, choices.time)
    if not time:
        found = f"none in {', '.join(map(str, list(frame.columns)[:12]))}"
        raise DataError(f"a column of times in {raw.name}", found, "say which: --set data.time=COLUMN")
    axis = axis_of(frame, time)
    found = _variables(
        frame.loc[:, list(only)] if only else frame.drop(columns=list(time)), raw.name, marks, bool(only)
    )
    values, names, notes, marked = found
    targets = (choices.target,) if isinstance(choices.target, str) else choices.target or names
    for name in targets:
        if name not in names:
            raise missing_column(name, list(names), f"the variable of {raw.name} to predict")
    order = [*targets, *(n for n in names if n not in targets)]
    values = values[:, [names.index(n) for n in order]]
    grid = _on_grid(values, axis)
    gaps = int(axis.places[-1]) + 1 - len(np.unique(axis.places))
    if gaps:
        said = f"{many(gaps, 'step')} of {len(grid):,} ({percent(gaps / len(grid))}) have no row; left open as gaps"
        notes = (*notes, Finding("time-gaps", "info", said, evidence=_longest(axis), stage="data"))
    return Series(grid, tuple(order), len(targets), time, axis, gaps, marked, (*axis.findings, *notes))


def unfolded(frame: pd.DataFrame, fewest: int = 3) -> pd.DataFrame:
    """A table of a year and its twelve months a row, `fewest` of them or more, as one month a row; any other as it is."""
    import pandas as pd

    if frame.shape[1] != 13 or len(frame) < fewest or any(frame[c].dtype.kind not in "iuf" for c in frame.columns):
        return frame
    years = frame.iloc[:, 0].to_numpy()
    if not (np.diff(years) == 1).all() or not 1500 < years[0] < 2300:
        return frame
    months = [f"{int(y):04d}-{m:02d}" for y in years for m in range(1, 13)]
    return pd.DataFrame({"month": months, "value": frame.iloc[:, 1:].to_numpy(float).reshape(-1)})


Read = tuple[np.ndarray, tuple[str, ...], tuple[Finding, ...], dict[str, float]]


def _variables(frame: pd.DataFrame, name: str, known: Mapping[str, float] | None, every: bool) -> Read:
    """(numbers [N, C] of the columns that hold some, names, findings, marks of missing values); text and counters of
    rows are left out and named, refused where every column is wanted."""
    kept: dict[str, np.ndarray] = {}
    left, marks, notes = [], dict(known or {}), []
    for column in frame.columns:
        values, bad = numbers(series_of(frame, column))
        if every and bad.any():
            raise text_among_numbers(series_of(frame, column), bad)
        if bad.any() or (not every and _counts(values, str(column))):
            left.append(column)
            continue
        values = np.where(np.isfinite(values), values, np.nan)
        mark = mark_of(values) if column not in marks else Mark(marks[column], 0, True)
        if mark is not None and mark.sure:
            gone = np.isclose(values, mark.value, rtol=1e-6, atol=0)
            mark = replace(mark, n=int(gone.sum()))
            marks[column], values = mark.value, np.where(gone, np.nan, values)
        if mark is not None and mark.n:
            notes.append(said_of(column, mark))
        if np.isnan(values).all():
            found = f"all of its {len(values):,} values are missing"
            raise DataError(f"the variable {column!r} of {name}", found,
                            f"leave it out: --set 'data.drop=[\"{column}\"]'")  # fmt: skip
        kept[str(column)] = values
    if not kept:
        raise DataError(f"numbers beside the time in {name}", "no column of numbers", "give a table with some")
    if left:
        said = f"{', '.join(map(repr, left))}: text, or a count of the rows; left out of the series"
        notes.insert(0, Finding("columns-left-out", "info", said, stage="data"))
    return np.stack(list(kept.values()), 1), tuple(kept), tuple(notes), marks


def _counts(values: np.ndarray, name: str) -> bool:
    """Does a column count the rows, or say the time once more?"""
    steps = np.diff(values)
    return len(steps) > 1 and bool((steps == 1).all() or (is_named(name) and (steps > 0).all()))


def _on_grid(values: np.ndarray, axis: Axis) -> np.ndarray:
    """Rows [N, C] at their places [T, C], means where several share one, NaN where none is; an end without any value
    is cut off."""
    places, n = axis.places, int(axis.places[-1]) + 1
    if n > 50 * len(values):
        found = f"{len(values):,} rows over {n:,} steps of {axis.said()}"
        raise DataError(f"even steps of time in {axis.name!r}", found, "bring the series to even steps")
    known, total = np.zeros((n, values.shape[1])), np.zeros((n, values.shape[1]))
    np.add.at(known, places, np.isfinite(values))
    np.add.at(total, places, np.nan_to_num(values))
    grid = np.where(known > 0, total / np.maximum(known, 1), np.nan)
    some = np.flatnonzero(np.isfinite(grid).any(1))
    return grid[: some[-1] + 1]


def _longest(axis: Axis) -> str:
    """Where the longest gap is."""
    steps = np.diff(axis.places)
    at = int(steps.argmax())
    after, before = axis.labels(axis.places[[at, at + 1]])
    return f"the longest, {many(int(steps[at]) - 1, 'step')} of {axis.said()}, between {after} and {before}"
