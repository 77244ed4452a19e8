"""times: which columns of a table say when each row was, in any usual form, and what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.columns import dates, numbers, series_of, texts
from wellfit.verbs.load.columns import date_form

if TYPE_CHECKING:
    import pandas as pd

CALENDAR = {
    "year": ("year", "yr", "yyyy"),
    "month": ("month", "mo", "mon"),
    "doy": ("doy", "dayofyear", "yday", "yearday", "julianday", "jday"),
    "day": ("day", "dy", "dd"),
    "hour": ("hour", "hr", "hh"),
    "minute": ("minute", "min"),
    "second": ("second", "sec"),
}
NAMES = ("year", "yr", "time", "timestamp", "t", "date", "decimaldate", "decimalyear", "datetime", "epoch", "unixtime")
WRITTEN = {  # what a column of text without days looks like -> its format
    r"\d{4}-\d{1,2}": "%Y-%m",
    r"\d{4}/\d{1,2}": "%Y/%m",
    r"\d{4}[Mm]\d{1,2}": "%YM%m",
    r"[A-Za-z]{3} \d{4}": "%b %Y",
    r"[A-Za-z]{3}-\d{4}": "%b-%Y",
    r"[A-Za-z]{4,9} \d{4}": "%B %Y",
    r"\d{1,2}[- ][A-Za-z]{3}[- ]\d{4}": "%d-%b-%Y",
    r"\d{4}-?[Qq][1-4]": "Q",
}
CLOCK = r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
EPOCHS = (1.0, 1e3, 1e6, 1e9)  # seconds since 1970, or parts of them


@dataclass(frozen=True)
class Times:
    """values float64 [N], NaN where there is none; what: "days" since 1970, "years" with fractions, or "numbers"."""

    values: np.ndarray
    what: str


def time_columns(frame: pd.DataFrame, asked: str | None) -> tuple[str, ...]:
    """The columns that say when each row was: the one asked for, those of a calendar (year, month, day ...), or the
    first that holds dates (and the time of day beside it) or is named like a time; () for none."""
    if asked:
        return (asked,)
    parts = calendar(frame)
    if "year" in parts and len(parts) > 1:
        return tuple(parts.values())
    for name in frame.columns:
        series = series_of(frame, name)
        if series.dtype.kind == "M" or date_form(series) or written(series):
            return (name, *clock(frame, name))
    for name in frame.columns:
        if is_named(name) and series_of(frame, name).dtype.kind in "iuf":
            return (name,)
    return ()


def is_named(name: str) -> bool:
    """Is a column of numbers named like a time?"""
    return _plain(name) in NAMES


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.casefold())


def calendar(frame: pd.DataFrame) -> dict[str, str]:
    """Parts of a calendar -> the columns of numbers that hold them, from the year down."""
    found: dict[str, str] = {}
    for part, words in CALENDAR.items():
        named = [c for c in frame.columns if _plain(c) in words and series_of(frame, c).dtype.kind in "iuf"]
        if named and not (part == "day" and "doy" in found):
            found[part] = named[0]
    if "day" in found and "month" not in found:  # days of a year without a month are counted through
        found = {"doy" if part == "day" else part: name for part, name in found.items()}
    return found


def clock(frame: pd.DataFrame, date: str) -> tuple[str, ...]:
    """The column with the time of day beside one with dates: () for none, or where the dates have it themselves."""
    days = series_of(frame, date)
    if days.dtype.kind == "M" or days.astype(str).str.contains(":").any():
        return ()
    for name in frame.columns:
        if name != date and _plain(name) in ("time", "hour", "clock", "timeofday", "uhrzeit"):
            series = series_of(frame, name)
            if len(series) and series.astype(str).str.strip().str.fullmatch(CLOCK).all():
                return (name,)
    return ()


def written(series: pd.Series) -> str:
    """The format of months, quarters or days with the month's name as text; "" for none."""
    if series.dtype.kind in "iufbM" or not len(series):
        return ""
    words = series.dropna().astype(str).str.strip()
    return next((f for form, f in WRITTEN.items() if len(words) and words.str.fullmatch(form).all()), "")


def times(frame: pd.DataFrame, columns: tuple[str, ...]) -> Times:
    """When each row was."""
    if len(columns) == 2 and (date_form(series_of(frame, columns[0])) or written(series_of(frame, columns[0]))):
        return Times(_of_column(series_of(frame, columns[0])).values + _of_clock(series_of(frame, columns[1])), "days")
    if len(columns) > 1:
        return Times(_of_calendar(frame.loc[:, list(columns)]), "days")
    return _of_column(series_of(frame, next(iter(columns))))


def _of_calendar(frame: pd.DataFrame) -> np.ndarray:
    """Days since 1970 of columns year, month ..., or year and day of the year."""
    import pandas as pd

    parts = {part: numbers(series_of(frame, name))[0] for part, name in calendar(frame).items()}
    doy = parts.pop("doy", None)
    if doy is not None:
        parts |= {"month": np.ones(len(frame)), "day": np.ones(len(frame))}
    whole = pd.DataFrame({"month": 1, "day": 1} | parts, index=frame.index)
    days = _days(pd.to_datetime(whole, errors="coerce"))
    return days if doy is None else days + doy - 1


def _of_column(series: pd.Series) -> Times:
    import pandas as pd

    if form := written(series):
        words = pd.Series(texts(series)[0]).str.strip().str.replace("m", "M")
        if form == "Q":
            form, words = "%Y-%m", words.str[:4] + "-" + (words.str[-1].astype(int) * 3 - 2).astype(str)
        if form == "%d-%b-%Y":
            words = words.str.replace(" ", "-")
        return Times(dates(words, form), "days")
    form = date_form(series)
    if series.dtype.kind not in "iuf" or form:
        return Times(dates(series, form), "days")
    values = numbers(series)[0]
    some = values[np.isfinite(values)]
    for size in EPOCHS:  # from 1985 to 2100
        if len(some) and some.min() > 4.7e8 * size and some.max() < 4.1e9 * size:
            return Times(values / size / 86_400, "days")
    like_years = len(some) and some.min() > 1000 and some.max() < 3000
    years = like_years and re.search("year|date|decimal|yr", str(series.name).casefold())
    return Times(values, "years" if years else "numbers")


def _of_clock(series: pd.Series) -> np.ndarray:
    """Times of day as shares of a day."""
    import pandas as pd

    words = series.astype(str).str.strip()
    whole = words.where(words.str.count(":") > 1, words + ":00")
    return pd.to_timedelta(whole, errors="coerce").dt.total_seconds().to_numpy() / 86_400


def _days(moments: pd.Series) -> np.ndarray:
    us = moments.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(us), np.nan, us.astype(np.int64) / 86_400e6)
