"""axis: the times of a table's rows as places on an even grid: where steps are missing there is a gap, where they are
uneven it is said, and a time that runs backwards or repeats is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.columns import dates
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.units import figure, many, percent
from wellfit.verbs.load.times import Times, times

if TYPE_CHECKING:
    import pandas as pd

UNEVEN = 0.1  # of a step off the grid, from which a step counts as uneven
NOTABLE = 0.01  # share of uneven steps worth a warning: each moves a value by up to half a step
SIZES = (604_800, 86_400, 3600, 60)  # seconds of a week, day, hour, minute
ROUND = 0.005  # of a step: nearer than this to whole weeks, days, hours or minutes, it is those


@dataclass(frozen=True)
class Axis:
    """name; unit: "month", "year", "s" (times of day), or "" for plain numbers; start: month or year number, days since
    1970, or a number; step in that unit; places int64 [N]: each row's on the grid; season: steps of the usual cycle (a
    day, a week, a year), 0 where there is none."""

    name: str
    unit: str
    start: float
    step: float
    places: np.ndarray
    seasons: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()

    def labels(self, places: np.ndarray) -> list[str]:
        """Places on the grid as a person writes them."""
        at = self.start + np.asarray(places, float) * (self.step / (86_400 if self.unit == "s" else 1))
        if self.unit == "month":
            return [f"{int(m) // 12:04d}-{int(m) % 12 + 1:02d}" for m in at]
        if self.unit == "year":
            return [f"{int(y):04d}" for y in at]
        if self.unit == "":
            return [f"{v:.10g}" for v in at]
        moments = np.round(at * 86_400).astype("int64").astype("datetime64[s]")
        daily = self.step % 86_400 == 0
        return [str(m)[:10] if daily else str(m).replace("T", " ") for m in moments]

    def place(self, text: str, key: str) -> int:
        """The place on the grid of the first step at a time of the user's or later. Raises DataError for no time."""
        import pandas as pd

        try:
            dated = self.unit in ("s", "month")
            at = float(dates(pd.Series([text]), "ISO8601")[0]) if dated else float(text)
        except ValueError:
            at = np.nan
        if not np.isfinite(at):
            raise DataError(f"{key} = {text}", "no time", f"write one as {self.labels(np.array([0]))[0]}")
        if self.unit == "month":
            at = float(np.datetime64(int(at // 1), "D").astype("datetime64[M]").astype(np.int64)) + 1970 * 12
        scale = self.step / 86_400 if self.unit == "s" else self.step
        return int(np.ceil((at - self.start) / scale - 1e-6))

    def said(self) -> str:
        """The step in words."""
        if self.unit == "s":
            for size, word in ((604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute")):
                if self.step % size == 0:
                    return many(int(self.step // size), word)
            return f"{self.step:g} s"
        return many(int(self.step), self.unit) if self.unit else f"{self.step:.6g} of {self.name}"


def axis_of(frame: pd.DataFrame, columns: tuple[str, ...]) -> Axis:
    """The grid that the time columns lie on. Raises DataError for missing times, and for times that run backwards or
    repeat."""
    found = times(frame, columns)
    values = found.values
    name = columns[0] if len(columns) == 1 else " ".join(columns)
    written = [" ".join(map(str, row)) for row in frame[list(columns)].itertuples(index=False)]
    lost = np.flatnonzero(~np.isfinite(values))
    if len(lost):
        found = f"{len(lost):,} of {len(values):,} hold none, first {written[lost[0]]!r} in row {lost[0] + 1:,}"
        raise DataError(f"a time in every row of {name!r}", found, "mend them, or name another column: data.time")
    _forward(values, written, name)
    return _grid(found, name)


def _forward(values: np.ndarray, written: list[str], name: str) -> None:
    """Raises DataError where a row is not later than the row before."""
    steps = np.diff(values)
    bad = np.flatnonzero(steps <= 0)
    if not len(bad):
        return
    i, back = int(bad[0]), bool((steps < 0).any())
    i = int(np.flatnonzero(steps < 0)[0]) if back else i
    word = "earlier than" if back else "the same as"
    found = f"{many(len(bad), 'row')} not later, first row {i + 2:,} ({written[i + 1]}), {word} row {i + 1:,}"
    do = "sort the rows by time" if back else "keep one row for each time"
    both = " and keep one row for each time" if back and (steps == 0).any() else ""
    raise DataError(f"times in {name!r} that go forwards", found, do + both)


def _grid(found: Times, name: str) -> Axis:
    """Times as places on the grid of their usual step."""
    values = found.values
    if found.what == "numbers" or len(values) < 2:
        step = float(np.median(np.diff(values))) if len(values) > 1 else 1.0
        exact = (values - values[0]) / step
        return Axis(name, "", float(values[0]), step, np.round(exact).astype(np.int64), (), _even(exact))
    months = _months(found)
    if months is not None and (steps := np.diff(months)).min() > 0:
        step = int(np.median(steps))
        if step and (months % step == months[0] % step).all():
            unit, size = ("year", 12) if step % 12 == 0 else ("month", 1)
            start, places = float(months[0] // size), (months - months[0]) // step
            return Axis(name, unit, start, step / size, places, (12 // step,) if 12 % step == 0 and step < 12 else ())
    days = values if found.what == "days" else _days(values)
    step = float(np.median(np.diff(days))) * 86_400
    size = next((s for s in SIZES if abs(step / s - round(step / s)) < ROUND * step / s and round(step / s)), 0)
    step = round(step / size) * size if size else max(1e-3, round(step, 3))
    exact = (days - days[0]) * 86_400 / step
    start = float(np.round(days[0] * 86_400) / 86_400)
    return Axis(name, "s", start, float(step), np.round(exact).astype(np.int64), _seasons(step), _even(exact))


def _months(found: Times) -> np.ndarray | None:
    """Months [N] since the year 0, where rows are a month or more apart, or some of them; None where they are not."""
    values, years = found.values, found.what == "years"
    usual = float(np.median(np.diff(values))) * (365.25 if years else 1)
    if usual < 27:
        return None
    if years:  # the middle of a month or its beginning: counted from the first
        first = np.floor(values[0] * 12 + 0.02)
        return (first + np.round((values - values[0]) * 12)).astype(np.int64)
    whole = np.floor(values + 1e-6).astype("int64").astype("datetime64[D]")
    return whole.astype("datetime64[M]").astype(np.int64) + 1970 * 12


def _days(years: np.ndarray) -> np.ndarray:
    """Days since 1970 of years with fractions."""
    whole = np.floor(years).astype(np.int64)
    start, end = ((w - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(float) for w in (whole, whole + 1))
    return start + (years - whole) * (end - start)


def _seasons(step: float) -> tuple[int, ...]:
    """Steps of the usual cycles: a day for what is measured within days, a week and a year for days, a year for weeks."""
    if step < 86_400:
        return (round(86_400 / step),) if 86_400 % step == 0 else ()
    return {86_400: (7, 365), 604_800: (52,)}.get(int(step), ())


def _even(exact: np.ndarray) -> tuple[Finding, ...]:
    """What to say of steps that are off the grid or share a place."""
    off = np.abs(exact - np.round(exact)) > UNEVEN
    shared = len(exact) - len(np.unique(np.round(exact)))
    if not off.any():
        return ()
    n, steps = int(off.sum()), np.diff(exact)
    share = n / len(exact)
    return (
        Finding(
            "time-irregular",
            "warning" if share > NOTABLE else "info",
            f"{many(n, 'time')} ({percent(share)}) are off the even grid of the usual step; put on its nearest place",
            evidence=f"steps from {figure(float(steps.min()))} to {figure(float(steps.max()))} of the usual one;"
            f" {many(shared, 'row')} shared a place with another and were averaged",
            remedy="bring the series to even steps, if the exact moments matter",
            limit=NOTABLE,
            source="a value moves by at most half a step",
            stage="data",
        ),
    )
