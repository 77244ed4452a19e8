"""ask: what is to be predicted from what: inputs and targets apart, without what is dropped or cannot teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.columns import dates, missing_column, numbers, series_of, texts
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.units import many
from wellfit.verbs.load.columns import date_form
from wellfit.verbs.load.target import target_of

if TYPE_CHECKING:
    import pandas as pd


CALENDAR = ("year", "month", "day", "hour", "minute", "second")
CALENDAR_DAYS = np.array([400.0, 32.0, 1.0, 1 / 24, 1 / 1440, 1 / 86400])  # so that a later moment has a larger sum


@dataclass(frozen=True)
class Asked:
    """inputs: [N, ...] or a DataFrame without targets, indexed by row; y [N] or [N, K], names, why: the targets;
    target: as the recipe says it; rows [N]: row numbers in the source; given, group, time [N] where there are such;
    time_name: the time column, whether asked for or found; weight [N]: what each row counts in the loss, mean 1;
    picture [N]: the picture that each row is a tile of."""

    inputs: pd.DataFrame | np.ndarray
    y: np.ndarray
    names: tuple[str, ...]
    target: str | tuple[str, ...] | None
    why: str
    rows: np.ndarray
    given: np.ndarray | None = None
    group: np.ndarray | None = None
    time: np.ndarray | None = None
    time_name: str | None = None
    weight: np.ndarray | None = None
    findings: tuple[Finding, ...] = ()
    picture: np.ndarray | None = None


def ask(raw: Raw, choices: DataChoices) -> Asked:
    """Inputs and targets apart. Raises DataError for columns that are not there and for examples without answers."""
    if not len(raw):
        raise DataError(f"examples in {raw.name}", "none", "name a source with rows in it")
    asked = _of_arrays(raw, choices) if isinstance(raw.inputs, np.ndarray) else _of_table(raw, raw.inputs, choices)
    return _answered(asked) if choices.missing == "impute" else asked


def _of_arrays(raw: Raw, choices: DataChoices) -> Asked:
    if raw.targets is None and raw.kind == "pictures" and raw.ids is not None:
        n, channels, *size = raw.inputs.shape
        found = f"{many(n, 'picture')} of {'x'.join(map(str, size))} cells (height x width) in {channels} bands"
        raise DataError(
            f"what is to be learnt from {raw.name}",
            f"{found}, with neither classes nor masks",
            "put a mask of the same name beside each (images/x.tif, masks/x.tif), or pictures in class folders",
        )
    if raw.targets is None:
        raise DataError(
            f"examples with answers in {raw.name}",
            "inputs without targets",
            "give targets too: (X, y); or --task density",
        )
    for key in ("group", "time", "drop", "weight"):
        if getattr(choices, key):
            found = f"{raw.name} holds {'pictures' if raw.kind == 'pictures' else 'an array'}, not columns"
            raise DataError(
                f"data.{key} = {getattr(choices, key)!r}", found, "give a table, as CSV, Parquet or DataFrame"
            )
    if choices.target and choices.target not in (raw.target_names, *raw.target_names):
        said = (
            f"its answers come with it, as {', '.join(raw.target_names)!r}"
            if raw.target_names
            else "an array without columns"
        )
        raise DataError(f"the target {choices.target!r} of {raw.name}", said, "leave --target away")
    why = "the answers that come with the data"
    weight = None if raw.weight is None else weights(raw.weight, "the weights")
    rows = np.arange(len(raw))
    picture = None if raw.tiles is None else raw.tiles.picture
    known = (raw.inputs, raw.targets, raw.target_names, choices.target, why, rows, raw.given)
    return Asked(*known, weight=weight, picture=picture)


def _of_table(raw: Raw, frame: pd.DataFrame, choices: DataChoices) -> Asked:
    frame = comparable(frame.reset_index(drop=True))
    known = list(frame.columns)
    for name in choices.drop:
        if name not in known:
            raise missing_column(name, known, "to drop the column")
    for key in ("group", "time", "weight"):
        if (name := getattr(choices, key)) and name not in known:
            raise missing_column(name, known, f"data.{key}: the column")
    frame = frame.drop(columns=list(choices.drop))
    group = texts(series_of(frame, choices.group))[0] if choices.group else None
    weight = weights(numbers(series_of(frame, choices.weight))[0], choices.weight) if choices.weight else None
    left = frame.drop(columns=[c for c in (choices.group, choices.weight) if c])
    if raw.target_names and not choices.target:
        names, why = raw.target_names, "the targets that were given with the inputs"
    else:
        names, why = target_of(left, choices.target, raw.name)
    inputs = left.drop(columns=list(names))
    if not inputs.shape[1]:
        raise DataError(
            f"columns to predict {names[0]!r} from", "no other column", "give at least one column of inputs"
        )
    y = plain_targets(left, names)
    time_name = choices.time or _series(inputs)
    time = moments(series_of(frame, time_name)) if time_name else None
    target = names[0] if len(names) == 1 else names
    rows = np.arange(len(frame))
    return Asked(inputs, y, names, target, why, rows, raw.given, group, time, time_name, weight)


def weights(weight: np.ndarray, name: str) -> np.ndarray:
    """Weights [N] brought to mean 1. Raises DataError for negative or missing ones, and where all are 0."""
    bad = np.flatnonzero(~(np.isfinite(weight) & (weight >= 0)))
    if len(bad) or not weight.sum():
        found = f"row {bad[0] + 1:,} has {weight[bad[0]]:g}" if len(bad) else "all are 0"
        raise DataError(f"what each row counts, by {name!r}", found, "give numbers of 0 or more")
    return weight / weight.mean()


def comparable(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells that hold lists and the like as text, so that they can be compared."""
    from pandas.api.types import is_list_like

    odd = [c for c in frame.columns if frame[c].dtype == object and any(map(is_list_like, frame[c]))]
    return frame.assign(**{c: series_of(frame, c).astype(str) for c in odd}) if odd else frame


def plain_targets(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Target columns [N] or [N, K]: numbers as they are, float64 where text holds numbers, else Python objects."""
    y = frame[names[0]].to_numpy() if len(names) == 1 else frame[list(names)].to_numpy()
    return y if y.dtype.kind in "buif" else _plain(frame, names)


def _plain(frame: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Target columns as float64 where they are numbers (or marks of missing), else as Python objects."""
    columns: list[np.ndarray] = []
    for name in names:
        values, bad = numbers(series_of(frame, name))
        told = np.isfinite(values).sum()
        mostly = told and not bad.any()
        columns.append(values if mostly else frame[name].astype(object).where(frame[name].notna(), None).to_numpy())
    return columns[0] if len(columns) == 1 else np.stack([np.asarray(c, dtype=object) for c in columns], axis=1)


def moments(series: pd.Series) -> np.ndarray:
    """A time column as numbers that order the rows. Raises DataError where some are missing."""
    import pandas as pd

    form = date_form(series)
    values = dates(series, form) if form or pd.api.types.is_datetime64_any_dtype(series.dtype) else numbers(series)[0]
    lost = int((~np.isfinite(values)).sum())
    if lost:
        raise DataError(
            f"data.time: a moment for every row in {series.name!r}",
            f"{lost:,} of {len(series):,} are missing, or neither dates nor numbers",
            "mend them, or name another column",
        )
    return values


def _series(inputs: pd.DataFrame) -> str | None:
    """The column that shows the rows to be a series in time: a date, or whole numbers under a name like year, later
    from each row to the next; None where there is none."""
    import pandas as pd

    calendar = [named[part] for part in CALENDAR if part in (named := {c.casefold(): c for c in inputs.columns})]
    if len(calendar) > 1 and "year" in named:
        parts = np.stack([numbers(series_of(inputs, c))[0] for c in calendar])
        if len(inputs) >= 20 and np.isfinite(parts).all() and (np.diff(CALENDAR_DAYS[: len(parts)] @ parts) > 0).all():
            return calendar[0]  # rows are in order within a year already

    for name in inputs.columns:
        series = series_of(inputs, name)
        form = date_form(series)
        is_date = bool(form) or pd.api.types.is_datetime64_any_dtype(series.dtype)
        if is_date:
            values = dates(series, form)
        elif name.casefold() in ("year", "time", "timestamp", "t") and pd.api.types.is_numeric_dtype(series.dtype):
            values = numbers(series)[0]
        else:
            continue
        if len(values) >= 20 and (np.diff(values) > 0).all():
            return name
    return None


def _answered(asked: Asked) -> Asked:
    """Without the rows that have no finite target: data.missing = "impute" never makes a target up."""
    y = asked.y
    if y.ndim > 2:  # cells without an answer are marked, not left out
        return asked
    if y.dtype.kind == "f":
        bad = np.logical_not(np.isfinite(y))
    elif y.dtype.kind == "O":
        from pandas import isna

        bad = np.asarray(isna(y))
    else:
        return asked
    keep = ~np.any(np.reshape(bad, (len(y), -1)), axis=1)
    lost = int(np.sum(~keep))
    if not lost:
        return asked
    if lost == len(keep):
        found = f"none of {many(lost, 'row')} has one"
        raise DataError(f"answers in {', '.join(asked.names) or 'the targets'}", found, "name another target")

    def kept(a: Any) -> Any:
        return None if a is None else a[keep]

    note = Finding(
        "data-nonfinite",
        "info",
        f"{many(lost, 'row')} left out: no {', '.join(asked.names) or 'target'} in {'it' if lost == 1 else 'them'}",
        remedy="fill in the answers, if they are known",
        stage="data",
    )
    return Asked(
        kept(asked.inputs), y[keep], asked.names, asked.target, asked.why, asked.rows[keep], kept(asked.given),
        kept(asked.group), kept(asked.time), asked.time_name, kept(asked.weight), (*asked.findings, note),
    )  # fmt: skip
