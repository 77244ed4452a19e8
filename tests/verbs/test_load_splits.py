"""Rows are parted once, by a seed, without leaks: stratified, at random, by group, in time, or as given."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import DataChoices
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)
N = 200


def arrays(n: int = N, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    return RNG.normal(size=(n, 3)), np.arange(n) % classes


def parts(data) -> dict[str, np.ndarray]:
    return {name: getattr(data, name).rows for name in ("train", "valid", "test")}


def test_shares_are_those_of_the_recipe_and_no_row_is_lost_or_doubled():
    data = load(arrays(), DataChoices(valid_frac=0.1, test_frac=0.3))
    assert {k: len(v) for k, v in parts(data).items()} == {"train": 120, "valid": 20, "test": 60}
    assert np.array_equal(np.sort(np.concatenate(list(parts(data).values()))), np.arange(N))


def test_stratified_keeps_the_classes_in_proportion():
    y = np.repeat([0, 1], [180, 20])
    counts = load((RNG.normal(size=(N, 2)), y)).facts["class_counts"]
    assert counts == {"train": [117, 13], "valid": [27, 3], "test": [36, 4]}


def test_a_class_of_three_is_in_every_part_and_one_of_two_trains():
    y = np.array([0] * 95 + [1] * 3 + [2] * 2)
    counts = load((RNG.normal(size=(100, 2)), y)).facts["class_counts"]
    assert [counts[k][1] for k in ("train", "valid", "test")] == [1, 1, 1]
    assert counts["train"][2] >= 1


def test_the_same_seed_parts_alike_and_another_otherwise():
    x, y = arrays()
    a, b, c = (load((x, y), DataChoices(seed=s)) for s in (0, 0, 1))
    assert np.array_equal(a.test.rows, b.test.rows)
    assert not np.array_equal(a.test.rows, c.test.rows)


def test_copies_of_a_row_stay_on_one_side_and_are_counted():
    x, y = arrays(100)
    x, y = np.concatenate([x, x[:30]]), np.concatenate([y, y[:30]])
    data = load((x, y))
    side = {int(r): name for name, rows in parts(data).items() for r in rows}
    assert all(side[i] == side[100 + i] for i in range(30))
    assert (data.facts["repeated"], data.facts["duplicates"]) == (30, 0)
    (note,) = [f for f in data.findings if f.fault == "data-leak"]
    assert note.summary == "30 copies of earlier rows, target included; each kept on the side of the row it copies"
    assert note.severity == "info"


def test_copies_across_given_splits_are_counted_and_warned_of():
    x, y = arrays(100)
    data = load(
        {"train": (x[:80], y[:80]), "test": (np.concatenate([x[80:], x[:10]]), np.concatenate([y[80:], y[:10]]))}
    )
    (note,) = [f for f in data.findings if f.fault == "data-leak"]
    assert data.facts["duplicates"] == 10
    assert note.severity == "warning"
    assert note.evidence == (
        "10 of 30 test rows (33.3 %), 0 of 12 validation rows; 10 copies of earlier rows, target included"
    )


def test_inputs_too_coarse_to_be_unlike_are_not_called_copies():
    x = RNG.integers(0, 2, (N, 3)).astype(float)
    data = load((x, np.arange(N) % 2))
    (note,) = [f for f in data.findings if f.fault == "data-leak"]
    assert note.severity == "info"
    assert "with inputs as coarse as these, copies are to be expected" in note.summary
    assert abs(len(data.test) - 0.2 * N) <= 2


def test_copies_with_identifiers_of_their_own_are_copies():
    frame = pd.DataFrame({"id": np.arange(N), "u": np.repeat(RNG.normal(size=N // 2), 2), "w": RNG.normal(size=N)})
    frame["w"] = np.repeat(frame["w"].to_numpy()[: N // 2], 2)
    frame["y"] = np.repeat(RNG.normal(size=N // 2), 2)
    assert load(frame).facts["repeated"] == N // 2


def test_rows_of_one_group_stay_together_and_the_group_is_no_input():
    frame = pd.DataFrame({"u": RNG.normal(size=N), "patient": np.arange(N) // 10, "y": RNG.normal(size=N)})
    data = load(frame, DataChoices(group="patient"))
    groups = [set(frame["patient"].to_numpy()[rows]) for rows in parts(data).values()]
    assert sum(map(len, groups)) == 20
    assert data.choices["split"] == "group"
    assert data.preparation.input_names == ("u",)


def test_time_puts_the_latest_rows_in_the_test():
    frame = pd.DataFrame({"u": RNG.normal(size=N), "t": RNG.permutation(N), "y": RNG.normal(size=N)})
    data = load(frame, DataChoices(time="t"))
    last = [frame["t"].to_numpy()[rows] for rows in parts(data).values()]
    assert last[0].max() < last[1].min()
    assert last[1].max() < last[2].min()
    assert data.choices["split"] == "time"


@pytest.mark.parametrize(
    "time",
    [
        {"date": pd.date_range("2020", periods=N, freq="D").astype(str)},
        {"when": pd.date_range("2020", periods=N, freq="h")},
        {"year": np.arange(1800, 1800 + N)},
        {"year": 2000 + np.arange(N) // 12, "month": np.arange(N) % 12 + 1},
        {"date": [int(d.strftime("%Y%m%d")) for d in pd.date_range("2020", periods=N, freq="D")]},
    ],
    ids=["text", "datetime", "year", "calendar", "yyyymmdd"],
)
def test_rows_in_order_of_time_are_told_and_parted_in_time(time):
    data = load(pd.DataFrame(time | {"u": RNG.normal(size=N), "y": RNG.normal(size=N)}))
    assert data.choices["split"] == "time"
    assert data.train.rows.tolist() == list(range(len(data.train)))
    assert data.test.rows[-1] == N - 1
    assert "neighbours in time would leak" in data.reasons["data.split"]


def test_dates_that_are_in_no_order_do_not_make_a_series():
    dates = pd.date_range("2020", periods=N, freq="D")[RNG.permutation(N)]
    assert load(pd.DataFrame({"date": dates, "y": RNG.normal(size=N)})).choices["split"] == "random"


def test_a_given_test_gets_its_validation_from_the_training_rows_by_class():
    x, y = arrays()
    data = load({"train": (x[:160], y[:160]), "test": (x[160:], y[160:])})
    assert data.facts["class_counts"] == {"train": [34] * 4, "valid": [6] * 4, "test": [10] * 4}
    assert data.reasons["data.split"] == "the source says so; valid taken from its training rows"


def test_a_given_split_can_be_overruled():
    x, y = arrays()
    data = load({"train": (x[:160], y[:160]), "test": (x[160:], y[160:])}, DataChoices(split="stratified"))
    assert data.test.rows.min() < 160


def refused(source, **choices) -> str:
    with pytest.raises(DataError) as error:
        load(source, DataChoices(**choices))
    return str(error.value)


def test_too_few_rows_are_refused():
    assert refused(arrays(6, 2)) == (
        "asked: rows to train, to choose and to test on\nfound: 6 rows in all\ndo:    give 10 rows or more"
    )


def test_shares_of_nothing_are_refused():
    assert "data.test_frac = 0\nfound: no rows for the test" in refused(arrays(), test_frac=0)
    assert "data.valid_frac = 0\nfound: no rows to choose by" in refused(arrays(), valid_frac=0)


def test_too_few_groups_are_refused():
    frame = pd.DataFrame({"u": RNG.normal(size=N), "g": np.arange(N) % 2, "y": RNG.normal(size=N)})
    assert "found: 2 groups; no row is left for" in refused(frame, group="g")


def test_stratified_regression_and_given_without_given_are_refused():
    x, _ = arrays()
    assert "a regression, which has no classes" in refused((x, x[:, 0]), split="stratified")
    assert "does not say which row is in which split" in refused(arrays(), split="given")


def test_a_class_without_training_rows_is_refused():
    x, y = arrays()
    late = {"train": (x[:160], y[:160] % 2), "test": (x[160:], y[160:])}
    assert "2 of 4 classes have none, first '2', which has 10 rows elsewhere" in refused(late)


def test_a_time_column_with_gaps_is_refused():
    frame = pd.DataFrame({"u": RNG.normal(size=N), "t": [None, "soon", *range(N - 2)], "y": RNG.normal(size=N)})
    assert "2 of 200 are missing, or neither dates nor numbers" in refused(frame, time="t")
