"""Times: moments in any calendar as days, on the even grid of their usual step.

Calendars as the CF conventions name them (section 4.4.1): standard, noleap (365_day), all_leap (366_day), 360_day ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wellfit.nouns.errors import DataError
from wellfit.nouns.units import figure, many

YEARS = {"360_day": 360.0, "noleap": 365.0, "365_day": 365.0, "all_leap": 366.0, "366_day": 366.0, "julian": 365.25}
TROPICAL = 365.2425  # days of a year of the Gregorian calendar
UNEVEN = 0.1  # of a step off the grid: beyond it the steps are not even


@dataclass(frozen=True)
class Times:
    """days float64 [T]: since 1970 in the calendar; labels [T] as a person writes them; year: days of a year of the
    calendar; unit, step: the step between times, in "month" or "s" (seconds); places int64 [T]: each time's on the even
    grid of that step."""

    days: np.ndarray
    labels: tuple[str, ...]
    year: float
    unit: str
    step: float
    places: np.ndarray
    calendar: str = "standard"

    def __len__(self) -> int:
        return len(self.days)

    def ahead(self, start: int, steps: int) -> float:
        """Days since 1970 of the moment `steps` after time `start`, which may lie beyond the last."""
        place = self.places[start] + steps
        at = np.searchsorted(self.places, place)
        if at < len(self.places) and self.places[at] == place:
            return float(self.days[at])
        length = self.year / 12 * self.step if self.unit == "month" else self.step / 86_400
        return float(self.days[start] + steps * length)

    def moments(self, days: np.ndarray) -> np.ndarray:
        """Days since 1970 [N] as moments of the calendar: datetime64, or cftime's."""
        if self.calendar == "standard":
            return np.round(np.asarray(days) * 86_400).astype("int64").astype("datetime64[s]").astype("datetime64[ns]")
        import cftime  # pyright: ignore[reportMissingImports]

        return np.asarray(cftime.num2date(np.asarray(days), "days since 1970-01-01", self.calendar))

    def said(self, steps: int = 1) -> str:
        """So many steps in words: "24 hours", "3 months"."""
        n = steps * self.step
        if self.unit == "month":
            return many(int(n // 12), "year") if n % 12 == 0 else many(int(n), "month")
        whole = self.year * 86_400
        sizes = ((whole, "year"), (604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"))
        for size, word in sizes:
            if n % size == 0 and (word != "day" or n > 86_400) and (word != "week" or n > 604_800):
                return many(round(n / size), word)
        return f"{n:g} s"


def times_of(values: np.ndarray, name: str, source: str) -> Times:
    """Times from datetime64 or cftime values [T].

    Raises DataError where times are missing, run backwards or repeat, or have no even step.
    """
    days, calendar = days_of(values)
    labels = tuple(label(v) for v in values)
    lost = np.flatnonzero(~np.isfinite(days))
    if len(lost):
        found = f"{many(len(lost), 'time')} of {len(days):,} missing, first in place {lost[0] + 1:,}"
        raise DataError(f"a time for every field of {source}", found, "mend the time axis")
    _forward(days, labels, name, source)
    months = np.array([_month(v) for v in values])
    unit, step, places = _even(days, months)
    exact = days - days[0] if unit == "s" else None
    off = np.abs(exact * 86_400 / step - places).max() if exact is not None and len(days) > 1 else 0.0
    if off > UNEVEN:
        steps = np.diff(days) * 24
        found = f"steps from {figure(float(steps.min()))} to {figure(float(steps.max()))} hours"
        do = "bring it to even steps (xarray: resample), with gaps where there are none"
        raise DataError(f"even steps of {name} in {source}", found, do)
    return Times(days, labels, YEARS.get(calendar, TROPICAL), unit, step, places, calendar)


def days_of(values: np.ndarray) -> tuple[np.ndarray, str]:
    """(days since 1970-01-01 float64 [T], the calendar)."""
    if values.dtype.kind == "M":
        moments = values.astype("datetime64[us]")
        return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / 86_400e6), "standard"
    import cftime  # pyright: ignore[reportMissingImports]

    calendar = str(values[0].calendar) if len(values) else "standard"
    return np.asarray(cftime.date2num(values, "days since 1970-01-01", calendar), float), calendar


def label(value: Any) -> str:
    """A moment as a person writes it: 2014-10-05, 2014-10-05 06:00."""
    text = str(value)[:19].replace("T", " ")
    return text.removesuffix(" 00:00:00").removesuffix(":00") if text.count(":") > 1 else text.removesuffix(" 00:00")


def _month(value: Any) -> int:
    """Months since year 0."""
    year, month = str(value)[:7].split("-")[-2:] if str(value)[0] != "-" else ("0", "1")
    return int(year) * 12 + int(month) - 1


def _forward(days: np.ndarray, labels: tuple[str, ...], name: str, source: str) -> None:
    steps = np.diff(days)
    bad = np.flatnonzero(steps <= 0)
    if not len(bad):
        return
    i = int(bad[0])
    word = "repeats" if steps[i] == 0 else "runs backwards"
    found = f"it {word}: {labels[i]}, then {labels[i + 1]}, in place {i + 2:,}" + (
        f" and {len(bad) - 1:,} more" if len(bad) > 1 else ""
    )
    do = "keep one field for each time" if steps[i] == 0 else "sort it by time (xarray: sortby)"
    raise DataError(f"a time axis {name} of {source} that goes forwards", found, do)


def _even(days: np.ndarray, months: np.ndarray) -> tuple[str, float, np.ndarray]:
    """(unit, step, places): whole months where that is what the steps are, else seconds."""
    if len(days) < 2:
        return "s", 86_400.0, np.zeros(len(days), np.int64)
    usual = float(np.median(np.diff(days)))
    apart = np.diff(months)
    if usual > 27 and (apart > 0).all():
        step = int(np.median(apart))
        places = (months - months[0]) / step
        if (places == np.round(places)).all():
            return "month", float(step), places.astype(np.int64)
    step = max(1e-3, round(usual * 86_400, 3))
    return "s", step, np.round((days - days[0]) * 86_400 / step).astype(np.int64)
