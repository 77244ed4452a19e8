"""Columns: how each column of a table becomes features, at training and at prediction alike.

number    its value; a missing one becomes the training median, and a second feature says that it was missing
boolean   0 or 1, missing as for numbers
code      the place of a level in their order, one number; levels too rare to learn from share the place after the last
category  one feature of 0/1 for each level; "other" for levels too rare to learn from; missing is a level of its own
date      days since 1970, place in the year and in the day (sine and cosine), day of the week (0/1 each)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from wellfit.nouns.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd

MARKS = frozenset(("", "?", "-", "--", "na", "n/a", "nan", "none", "null", "nil", "missing", "unknown", "#n/a"))
TRUE, FALSE = frozenset(("true", "t", "yes")), frozenset(("false", "f", "no"))
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Column:
    """One column of a table and how it becomes features.

    fill: value for a missing number, date (days) or boolean; indicator: whether a feature says "was missing";
    lenient: text among numbers counts as missing instead of being refused;
    levels: of a category, in the order of its features; other: whether rare and unseen levels have a feature;
    missing_level: whether missing has one; format: of a date written as text or as yyyymmdd; parts: of a date.
    """

    name: str
    kind: Literal["number", "boolean", "category", "code", "date"]
    fill: float = 0.0
    indicator: bool = False
    lenient: bool = False
    levels: tuple[str, ...] = ()
    other: bool = False
    missing_level: bool = False
    format: str = ""
    parts: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features it becomes."""
        if self.kind == "category":
            extra = ("other",) * self.other + ("missing",) * self.missing_level
            return tuple(f"{self.name} = {level}" for level in (*self.levels, *extra))
        ends = {"year": (" year (sine)", " year (cosine)"), "day": (" day (sine)", " day (cosine)")}
        ends |= {"days": (" days",), "week": tuple(f" = {d}" for d in WEEK)}
        own = [self.name + end for part in self.parts for end in ends[part]] if self.kind == "date" else [self.name]
        return (*own, f"{self.name} missing") if self.indicator else tuple(own)

    @property
    def plain(self) -> tuple[bool, ...]:
        """Whether each feature is on a good scale as it is (0/1, sines), so that no scaling is needed."""
        return tuple(
            not ((f == self.name and self.kind == "number") or f == f"{self.name} days") for f in self.features
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def of(cls, json: Mapping[str, Any]) -> Column:
        """The inverse of `to_dict`."""
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in json.items()}
        return cls(**known)


def encode(frame: pd.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    """Features [N, F] float64, finite, in the order of the columns. Raises DataError for text among numbers."""
    out = np.zeros((len(frame), sum(len(c.features) for c in columns)))
    start = 0
    for column in columns:
        width = len(column.features)
        _encode(series_of(frame, column.name), column, out[:, start : start + width])
        start += width
    return out


def _encode(series: pd.Series, column: Column, out: np.ndarray) -> None:
    """One column's features written into out [N, k]."""
    if column.kind == "category":
        _encode_category(series, column, out)
        return
    if column.kind == "code":
        codes, words = _coded(series)
        place = {level: i for i, level in enumerate(column.levels)}
        out[:, 0] = np.array([*(place.get(w, len(place)) for w in words), len(place)])[codes]
        return
    if column.kind == "date":
        values = dates(series, column.format)
    else:
        values, bad = booleans(series) if column.kind == "boolean" else numbers(series)
        if bad.any() and not column.lenient:
            raise text_among_numbers(series, bad)
    lost = ~np.isfinite(values)
    filled = np.where(lost, column.fill, values)
    if column.kind == "date":
        start = 0
        for part in column.parts:
            block = _date_part(filled, part)
            out[:, start : start + block.shape[1]] = block
            start += block.shape[1]
    else:
        out[:, 0] = filled
    if column.indicator:
        out[:, -1] = lost


def _encode_category(series: pd.Series, column: Column, out: np.ndarray) -> None:
    codes, words = _coded(series)
    place = {level: i for i, level in enumerate(column.levels)}
    rare = len(place) if column.other else -1
    lost = len(place) + column.other if column.missing_level else -1
    index = np.array([*(place.get(w, rare) for w in words), lost], dtype=np.int64)[codes]
    rows = np.flatnonzero(index >= 0)
    out[rows, index[rows]] = 1.0


def _date_part(days: np.ndarray, part: str) -> np.ndarray:
    if part == "days":
        return days[:, None]
    if part == "week":
        return np.eye(7)[(np.floor(days).astype(np.int64) + 3) % 7]  # 1970-01-01 was a Thursday
    angle = 2 * np.pi * (days / 365.2425 if part == "year" else days % 1)
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)


def series_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """One column of a frame whose names are each there once."""
    found: Any = frame[name]
    return found


def numbers(series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(values float64 [N], NaN where missing or no number; bad [N], True where there is text that is no number)."""
    import pandas as pd

    if series.dtype.kind == "c":
        do = "split it into real and imaginary parts, or into size and angle"
        raise DataError(f"numbers in column {series.name!r}", "complex numbers", do)
    if pd.api.types.is_timedelta64_dtype(series.dtype):
        return series.dt.total_seconds().to_numpy(np.float64), np.zeros(len(series), dtype=bool)
    if pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_bool_dtype(series.dtype):
        return series.to_numpy(dtype=np.float64, na_value=np.nan), np.zeros(len(series), dtype=bool)
    codes, words = _coded(series)
    parsed: Any = pd.to_numeric(pd.Series(words, dtype=object), errors="coerce")
    known = np.append(parsed.to_numpy(np.float64, na_value=np.nan), np.nan)
    marked = np.array([w.casefold() in MARKS for w in words] + [True], dtype=bool)
    return known[codes], (np.isnan(known) & ~marked)[codes]


def booleans(series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(0/1 float64 [N], NaN where missing; bad [N], True where the value is neither true nor false)."""
    words, lost = texts(series)
    low = np.char.lower(words.astype(str))
    yes, no = np.isin(low, [*TRUE, "1", "1.0"]), np.isin(low, [*FALSE, "0", "0.0"])
    return np.where(yes, 1.0, np.where(no, 0.0, np.nan)), ~(yes | no | lost)


def texts(series: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """(values as stripped text [N], whole floats without ".0"; lost [N], True where missing)."""
    codes, words = _coded(series)
    return np.array([*words, ""], dtype=object)[codes], codes == -1


def _coded(series: pd.Series) -> tuple[np.ndarray, list[str]]:
    """(codes [N], -1 where missing; each different value once, as text)."""
    import pandas as pd

    if series.dtype == object:
        # 1, 1.0 and True are equal and would pass for one another; lists cannot be compared at all
        lost = series.isna().to_numpy(dtype=bool)
        said = np.array([_word(v) for v in series.to_numpy(dtype=object)], dtype=object)
        codes, words = pd.factorize(said)
        return np.where(lost, -1, codes), words.tolist()
    codes, values = pd.factorize(series)
    return np.asarray(codes), [_word(v) for v in np.asarray(values, dtype=object).tolist()]


def _word(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def dates(series: pd.Series, form: str) -> np.ndarray:
    """Days since 1970-01-01 (local where a time zone is given), float64 [N], NaN where missing or no date."""
    import pandas as pd

    if not pd.api.types.is_datetime64_any_dtype(series.dtype):
        words, lost = texts(series)
        words[lost] = None
        series = pd.to_datetime(pd.Series(words), format=form or "ISO8601", errors="coerce", utc=form == "ISO8601")
    moments = series.dt.tz_localize(None) if getattr(series.dt, "tz", None) is not None else series
    seconds = moments.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64) / 86_400e6)


def text_among_numbers(series: pd.Series, bad: np.ndarray) -> DataError:
    """The refusal of a column of numbers with text in it: how many, the first, and its row."""
    first = int(np.flatnonzero(bad)[0])
    word = str(series.iloc[first])
    some = "one value is" if bad.sum() == 1 else f"{int(bad.sum()):,} values are"
    return DataError(
        f"numbers in column {series.name!r}",
        f"{some} text among {len(series):,}, first {word!r} in row {first + 1:,} of the data",
        f"mend them, leave the column out (--set 'data.drop=[\"{series.name}\"]'),"
        " or --set data.missing=impute to count them as missing",
    )


def frame_of(raw: Any, names: Sequence[str]) -> pd.DataFrame:
    """raw (DataFrame, anything with to_pandas, dict, rows of values in order) as a DataFrame with these columns.

    Raises DataError where columns are missing, with the nearest name there is.
    """
    import pandas as pd

    if hasattr(raw, "to_pandas"):
        raw = raw.to_pandas()
    if isinstance(raw, Mapping):
        raw = pd.DataFrame([raw]) if all(np.ndim(v) == 0 for v in raw.values()) else pd.DataFrame(raw)
    if not isinstance(raw, pd.DataFrame):
        values = np.atleast_2d(np.asarray(raw, dtype=object))
        if values.shape[1] != len(names):
            raise DataError(
                f"{len(names)} columns, as in training: {', '.join(names)}",
                f"{values.shape[1]} values a row",
                "give a DataFrame with these columns",
            )
        raw = pd.DataFrame(values, columns=list(names))
    frame = raw.rename(columns=str) if not all(isinstance(c, str) for c in raw.columns) else raw
    lost = [n for n in names if n not in frame.columns]
    if lost:
        raise missing_column(lost[0], list(frame.columns), "the column")
    return frame


def missing_column(name: str, known: Sequence[str], what: str) -> DataError:
    """The refusal of a column that is not there, with the nearest name there is."""
    close = nearest(name, known)
    listed = ", ".join(map(repr, known[:30])) + (f" and {len(known) - 30} more" if len(known) > 30 else "")
    return DataError(
        f"{what} {name!r}", f"no such column; there are {listed}", f"write {close!r}" if close else "name one of these"
    )
