"""Series: times in every usual form, gaps and marks of missing values, and no window that sees what comes later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.load import load
from wellfit.verbs.load.axis import axis_of
from wellfit.verbs.load.times import time_columns

N = 600
SMALL: dict[str, Any] = {"data.history": 20, "data.horizon": 5}


def waves(n: int = N) -> np.ndarray:
    t = np.arange(n)
    return np.stack([np.sin(t / 5) * 3 + 10, np.cos(t / 9) + np.random.default_rng(0).normal(size=n) / 9], 1)


def table(n: int = N, **columns: Any) -> pd.DataFrame:
    x = waves(n)
    moments = pd.date_range("2021-03-01", periods=n, freq="h")
    return pd.DataFrame({"when": moments.astype(str), "a": x[:, 0], "b": x[:, 1]} | columns)


def loaded(frame: pd.DataFrame, **choices: Any):
    return load(frame, Recipe.of({**SMALL, **choices}).data)


# ---- no leak of the future --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [0, 7])
def test_what_comes_after_a_cut_changes_nothing_before_it(gap):
    first = loaded(table(), **{"data.gap": gap})
    starts = [int(first.train.rows[-1]) + 25, int(first.valid.rows[-1]) + 25]
    for cut, parts in zip(starts, (("train",), ("train", "valid"))):
        spoilt = table()
        spoilt.loc[cut:, ["a", "b"]] = np.random.default_rng(1).normal(1e3, 1e3, size=(N - cut, 2))
        spoilt.loc[cut + 3 : cut + 9, "a"] = np.nan
        again = loaded(spoilt, **{"data.gap": gap})
        for part in parts:
            assert (getattr(again, part).x == getattr(first, part).x).all(), part
            assert (getattr(again, part).y == getattr(first, part).y).all(), part
        for key, value in first.preparation.scaling.parts.items():
            assert (again.preparation.scaling.parts[key] == value).all(), key


def test_no_answer_of_a_part_lies_in_another_and_gaps_keep_them_apart():
    for gap in (0, 11):
        data = loaded(table(), **{"data.gap": gap})
        steps = {}
        for part in ("train", "valid", "test"):
            rows = getattr(data, part).rows
            steps[part] = {r + 20 + h for r in rows.tolist() for h in range(5)}
        assert not steps["train"] & steps["valid"]
        assert not steps["valid"] & steps["test"]
        assert min(steps["valid"]) - max(steps["train"]) == min(steps["test"]) - max(steps["valid"]) == gap + 1
        assert max(steps["test"]) == N - 1


def test_a_split_may_be_three_times():
    hours = {"data.valid_from": "2021-03-11", "data.test_from": "2021-03-16 12:00", "data.until": "2021-03-21 23:00"}
    data = loaded(table(), **hours)
    assert data.facts["n_rows"] == 21 * 24
    assert [data.facts["begins"][p] for p in ("valid", "test")] == ["2021-03-11 00:00:00", "2021-03-16 12:00:00"]
    assert int(data.valid.rows[0]) + 20 == 10 * 24
    assert int(data.test.rows[-1]) + 25 == 21 * 24
    np.testing.assert_allclose(data.preparation.scaling.parts["shift"][:, 0], waves()[: 10 * 24].mean(0))


def test_of_a_week_and_a_year_the_cycle_that_foretells_best_is_taken():
    t = np.arange(1500)
    days = pd.date_range("2015-01-01", periods=1500).astype(str)
    noise = np.random.default_rng(0).normal(size=1500) / 10
    yearly = load(
        pd.DataFrame({"day": days, "x": np.sin(t * 2 * np.pi / 365) + noise}), Recipe.of({"data.horizon": 30}).data
    )
    weekly = load(pd.DataFrame({"day": days, "x": np.sin(t * 2 * np.pi / 7) + noise}))
    assert yearly.choices["history"] == 300, "a fifth of the series, less than a year"
    assert (weekly.choices["history"], weekly.choices["horizon"]) == (21, 7)


def test_windows_are_the_series_itself_and_come_back_in_its_units():
    data, x = loaded(table()), waves()
    scaled = (x - data.preparation.scaling.parts["shift"].numpy()[:, 0]) / data.preparation.scaling.parts[
        "scale"
    ].numpy()[:, 0]
    for part in (data.train, data.valid, data.test):
        for i in (0, len(part) - 1):
            r = int(part.rows[i])
            np.testing.assert_allclose(part.x[i].numpy(), scaled[r : r + 20].T, rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(data.preparation.back(part.y[i : i + 1])[0], x[r + 20 : r + 25].T, rtol=1e-5)


# ---- gaps -------------------------------------------------------------------------------------------------------------


def test_rows_that_are_not_there_leave_gaps_that_are_never_answers():
    frame = table().drop(index=range(100, 140)).reset_index(drop=True)
    data = loaded(frame)
    assert data.facts["gaps"] == 40
    assert any(f.fault == "time-gaps" and "40 steps" in f.summary for f in data.findings)
    for row, y in zip(data.train.rows, data.train.y):
        there = [not 100 <= row + 20 + h < 140 for h in range(5)]
        assert (~y.isnan()).all(0).tolist() == there
        assert any(there)


def test_a_gap_is_bridged_by_the_value_before_it_never_by_one_after_it():
    frame = table()
    frame.loc[50:59, "a"] = np.nan
    data = loaded(frame)
    at = int(np.flatnonzero(data.train.rows == 45)[0])
    seen = data.train.x[at, 0]
    assert (seen[5:15] == seen[4]).all()
    assert seen[15] != seen[4]
    assert data.facts["missing"] == {"a": 10}


# ---- times ------------------------------------------------------------------------------------------------------------

DAYS = pd.date_range("2020-01-01", periods=60, freq="D")
MONTHS = pd.date_range("1990-01-01", periods=60, freq="MS")
QUARTERS = pd.date_range("2020-01-01", periods=60, freq="15min")
K = np.arange(60)
HOURS = {"Year": [2020] * 60, "Month": [2] * 60, "Day": K // 24 + 1, "Hour": K % 24}
CLOCK = {"Date": [f"2020-01-0{k // 24 + 1}" for k in K], "Time": [f"{k % 24}:30" for k in K]}
SECONDS = DAYS.astype("datetime64[s]").astype("int64")
TIMES = {
    "iso": ({"time": DAYS.astype(str)}, "1 day", "2020-03-01"),
    "iso with hours": ({"time": QUARTERS.astype(str)}, "15 minutes", "2020-01-01 15:00:00"),
    "zone": ({"time": [f"{d:%Y-%m-%dT00:00:00Z}" for d in DAYS]}, "1 day", "2020-03-01"),
    "german": ({"Datum": DAYS.strftime("%d.%m.%Y")}, "1 day", "2020-03-01"),
    "whole numbers": ({"date": DAYS.strftime("%Y%m%d").astype(int)}, "1 day", "2020-03-01"),
    "timestamps": ({"time": DAYS}, "1 day", "2020-03-01"),
    "seconds since 1970": ({"timestamp": SECONDS}, "1 day", "2020-03-01"),
    "milliseconds since 1970": ({"time": SECONDS * 1000}, "1 day", "2020-03-01"),
    "year and month": ({"year": MONTHS.year, "month": MONTHS.month}, "1 month", "1995-01"),
    "year, month, day, hour": (HOURS, "1 hour", "2020-02-03 12:00:00"),
    "year and day of the year": ({"year": [2020] * 60, "doy": 300 + K}, "1 day", "2020-12-25"),
    "year and day": ({"year": [2020] * 60, "day": 300 + K}, "1 day", "2020-12-25"),
    "month as text": ({"Month": MONTHS.strftime("%Y-%m")}, "1 month", "1995-01"),
    "months by name": ({"month": MONTHS.strftime("%b %Y")}, "1 month", "1995-01"),
    "first of the month": ({"Date": MONTHS.astype(str)}, "1 month", "1995-01"),
    "ends of months": ({"date": pd.date_range("1990-01-31", periods=60, freq="ME").astype(str)}, "1 month", "1995-01"),
    "quarters": ({"quarter": [f"{1990 + k // 4}Q{k % 4 + 1}" for k in K]}, "3 months", "2005-01"),
    "days by name": ({"Date": DAYS.strftime("%d-%b-%Y")}, "1 day", "2020-03-01"),
    "date and time of day": (CLOCK, "1 hour", "2020-01-03 12:30:00"),
    "years": ({"YEAR": 1900.0 + K}, "1 year", "1960"),
    "middles of months": ({"Decimal Date": np.round(1990 + (K + 0.5) / 12, 4)}, "1 month", "1995-01"),
    "beginnings of months": ({"year": np.round(1990 + K / 12, 3)}, "1 month", "1995-01"),
    "decimal years, weekly": ({"year": 2000 + K * 7 / 365.25}, "1 week", None),
    "numbers": ({"t": K * 0.5}, "0.5 of t", "30"),
}


@pytest.mark.parametrize("form", TIMES)
def test_times_are_read_in_every_usual_form(form):
    columns, step, after = TIMES[form]
    frame = pd.DataFrame({**columns, "value": np.random.default_rng(0).normal(size=60)})
    axis = axis_of(frame, time_columns(frame, None))
    assert axis.said() == step
    assert axis.places.tolist() == list(range(60))
    assert after is None or axis.labels(np.array([60])) == [after]


def test_a_time_of_the_users_is_found_on_every_grid():
    for form, text, place in (
        ("month as text", "1990-03", 2),
        ("month as text", "1990-03-01", 2),
        ("years", "1903", 3),
        ("numbers", "1.5", 3),
        ("iso with hours", "2020-01-01T01:00", 4),
        ("iso with hours", "2020-01-01 01:01", 5),
    ):
        frame = pd.DataFrame({**TIMES[form][0], "value": 1.0})
        assert axis_of(frame, time_columns(frame, None)).place(text, "data.until") == place, (form, text)


def test_a_time_that_runs_backwards_or_repeats_is_refused():
    back = table()
    back.loc[[7, 8], "when"] = back.loc[[8, 7], "when"].to_numpy()
    twice = table()
    twice.loc[8, "when"] = twice.loc[7, "when"]
    for frame, do in ((back, "sort the rows by time"), (twice, "keep one row for each time")):
        with pytest.raises(DataError, match="row 9") as refused:
            loaded(frame)
        assert do in str(refused.value)
    with pytest.raises(DataError, match="none, first"):
        loaded(table().assign(when=[None, *table()["when"][1:]]))


def test_steps_off_the_even_grid_are_found_and_told():
    moments = pd.date_range("2021-03-01", periods=N, freq="h") + pd.to_timedelta(
        np.where(np.arange(N) % 10 == 3, 20, 0), "min"
    )
    data = loaded(table(when=moments.astype(str)))
    (note,) = [f for f in data.findings if f.fault == "time-irregular"]
    assert (note.severity, data.facts["gaps"]) == ("warning", 0)
    assert "60 times (10.0 %)" in note.summary
    assert not [f for f in loaded(table()).findings if f.fault == "time-irregular"]


# ---- marks of missing values ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [-99.99, 999, -9999, 9.96921e36])
def test_marks_of_missing_values_are_read_as_missing_and_named(mark):
    frame = table()
    frame.loc[30:36, "a"] = mark
    data = loaded(frame)
    assert data.facts["missing"] == {"a": 7}
    assert data.facts["sentinels"] == {"a": mark}
    assert any(f.fault == "missing-marked" and "7 times" in f.summary for f in data.findings)


def test_what_may_be_a_measurement_is_named_and_kept():
    counts = np.random.default_rng(0).integers(0, 31, N)
    counts[:50] = -1
    data = loaded(table(days=counts))
    (note,) = [f for f in data.findings if f.fault == "missing-marked"]
    assert note.severity == "warning"
    assert not data.facts["missing"]
    assert not [f for f in loaded(table()).findings if f.fault == "missing-marked"]


# ---- what is a series, and what is not --------------------------------------------------------------------------------


def test_a_table_with_times_and_an_answer_is_no_series_unless_asked_for():
    labelled = table(target=waves()[:, 0])
    assert load(labelled).task == "regression"
    assert load(table(), Recipe.of({"data.target": "a"}).data).task == "regression"
    data = load(table(), Recipe.of({"data.target": "a", "data.task": "forecast"}).data)
    assert (data.task, data.target_names, data.shape_in[0]) == ("forecast", ("a",), 2)
    assert load(table()).choices["horizon"] == 24, "a day of hours"


def test_text_and_counts_of_rows_are_left_out_and_named():
    data = loaded(table(no=np.arange(N), place="here"))
    assert data.target_names == ("a", "b")
    assert any(f.fault == "columns-left-out" and "'no', 'place'" in f.summary for f in data.findings)


@pytest.mark.parametrize(
    ("frame", "choices", "said"),
    [
        (table(30), {}, "windows of 20 [+] 5 steps"),
        (table(a=np.nan), {}, "all of its 600 values are missing"),
        (table(a=1.0), {}, "the variable 'a'"),
        (table()[["a", "b"]], {}, "data.time=COLUMN"),
        (table(), {"data.time": "wen"}, "write 'when'"),
        (table(), {"data.split": "random"}, "tested on what comes later"),
        (table(), {"data.normalise": "pca"}, "keep their order"),
        (table()[["when"]], {}, "no column of numbers"),
        (table(), {"data.target": "c"}, "to predict"),
        (table(), {"data.test_from": "soon"}, "write one as 2021-03-01 00:00:00"),
        (table(), {"data.test_from": "2025-01-01"}, "it goes from 2021-03-01"),
        (table(), {"data.valid_from": "2021-03-24"}, "choosing would begin"),
    ],
)
def test_what_cannot_be_is_refused_in_three_lines(frame, choices, said):
    with pytest.raises(DataError, match=said) as refused:
        loaded(frame, **choices)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == ["asked", "found", "do"]
