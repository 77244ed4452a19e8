"""Preparation: raw data in the user's form become inputs and targets, outputs become answers, and all of it is kept."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import torch

from wellfit.nouns.columns import Column
from wellfit.nouns.errors import DataError
from wellfit.nouns.preparation import Preparation, class_name
from wellfit.nouns.scaling import Scaling

COLUMNS = (
    Column("age", "number", fill=40.0, indicator=True),
    Column("smoker", "boolean", fill=1.0),
    Column("city", "category", levels=("Bern", "Oslo"), other=True, missing_level=True),
    Column("day", "date", fill=0.0, parts=("days", "week"), format="ISO8601"),
)


def of_table(**more) -> Preparation:
    features = tuple(f for c in COLUMNS for f in c.features)
    return Preparation("table", "regression", (len(features),), Scaling("none", (len(features),)), COLUMNS, **more)


def of_pictures(shape=(1, 4, 6), **more) -> Preparation:
    return Preparation("pictures", "classification", shape, Scaling("none", shape), classes=("cat", "dog"), **more)


def row(**values) -> dict:
    return {"age": 30, "smoker": True, "city": "Oslo", "day": "1970-01-05"} | values


def features(prepared: Preparation, raw) -> dict[str, float]:
    return dict(zip(prepared.input_names, prepared.inputs(raw)[0].tolist()))


def test_every_feature_has_a_name():
    assert of_table().input_names == (
        "age",
        "age missing",
        "smoker",
        "city = Bern",
        "city = Oslo",
        "city = other",
        "city = missing",
        "day days",
        *(f"day = {d}" for d in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")),
    )


def test_a_missing_number_becomes_the_median_and_is_marked():
    assert features(of_table(), row(age=30)) | {"age": 30.0, "age missing": 0.0} == features(of_table(), row(age=30))
    for missing in (None, np.nan, "?", " n/a "):
        found = features(of_table(), row(age=missing))
        assert (found["age"], found["age missing"]) == (40.0, 1.0)


def test_numbers_written_as_text_are_read():
    assert features(of_table(), row(age=" 3.5 "))["age"] == 3.5


def test_text_among_numbers_is_refused_with_column_count_and_row():
    frame = pd.DataFrame([row(), row(age="old"), row(age="older")])
    with pytest.raises(DataError) as error:
        of_table().inputs(frame)
    assert str(error.value).splitlines()[:2] == [
        "asked: numbers in column 'age'",
        "found: 2 values are text among 3, first 'old' in row 2 of the data",
    ]


@pytest.mark.parametrize(
    ("city", "feature"), [("Bern", "Bern"), (" Oslo ", "Oslo"), ("Paris", "other"), (None, "missing")]
)
def test_each_category_has_a_feature_of_its_own_and_the_unseen_share_one(city, feature):
    found = {n: v for n, v in features(of_table(), row(city=city)).items() if n.startswith("city")}
    assert found == {f"city = {n}": float(n == feature) for n in ("Bern", "Oslo", "other", "missing")}


def test_an_unseen_category_without_an_other_feature_is_all_zeros():
    column = Column("city", "category", levels=("Bern", "Oslo"))
    prepared = Preparation("table", "regression", (2,), Scaling("none", (2,)), (column,))
    assert prepared.inputs(pd.DataFrame({"city": ["Paris", None]})).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("value", [True, "true", "Yes", 1, 1.0, "T"])
def test_booleans_are_read_in_any_usual_spelling(value):
    assert features(of_table(), row(smoker=value))["smoker"] == 1


def test_a_boolean_that_is_neither_is_refused():
    with pytest.raises(DataError, match="numbers in column 'smoker'"):
        of_table().inputs(row(smoker="maybe"))


def test_dates_become_days_and_weekdays():
    found = features(of_table(), row(day="1970-01-05"))  # a Monday
    assert found["day days"] == 4
    assert [n for n, v in found.items() if v == 1 and n.startswith("day =")] == ["day = Monday"]
    assert features(of_table(), pd.DataFrame([row(day=pd.Timestamp("1970-01-05T12:00", tz="CET"))]))["day days"] == 4.5


def test_columns_are_taken_by_name_in_any_order_and_others_are_ignored():
    frame = pd.DataFrame([row(extra=1)])
    assert torch.equal(of_table().inputs(frame[frame.columns[::-1]]), of_table().inputs(frame))


def test_a_table_may_come_as_dict_rows_of_values_or_anything_with_to_pandas():
    frame = pd.DataFrame([row(), row(age=50)])

    class Foreign:
        def to_pandas(self):
            return frame

    wanted = of_table().inputs(frame)
    for raw in (frame.to_dict("list"), frame.to_numpy().tolist(), Foreign()):
        assert torch.equal(of_table().inputs(raw), wanted)


def test_a_missing_column_is_refused_with_the_nearest_there_is():
    frame = pd.DataFrame([row()]).rename(columns={"smoker": "Smokers"})
    with pytest.raises(DataError) as error:
        of_table().inputs(frame)
    assert str(error.value) == (
        "asked: the column 'smoker'\n"
        "found: no such column; there are 'age', 'Smokers', 'city', 'day'\n"
        "do:    write 'Smokers'"
    )


def test_rows_of_another_length_are_refused():
    with pytest.raises(DataError, match="3 values a row"):
        of_table().inputs([[1, 2, 3]])


@pytest.mark.parametrize("form", ["NCHW", "NHWC", "NHW", "flat", "tensor"])
def test_pictures_may_come_in_any_layout(form):
    x = np.arange(2 * 24, dtype=np.uint8).reshape(2, 1, 4, 6)
    raw = {
        "NCHW": x,
        "NHWC": x.transpose(0, 2, 3, 1),
        "NHW": x[:, 0],
        "flat": x.reshape(2, 24),
        "tensor": torch.from_numpy(x),
    }[form]
    assert np.array_equal(of_pictures().inputs(raw), x)


def test_colour_pictures_may_come_channels_last_or_alone():
    x = np.arange(2 * 3 * 20, dtype=np.uint8).reshape(2, 3, 4, 5)
    prepared = of_pictures((3, 4, 5))
    assert np.array_equal(prepared.inputs(x.transpose(0, 2, 3, 1)), x)
    assert np.array_equal(prepared.inputs(x[0]), x[:1])
    assert np.array_equal(prepared.inputs(x[0].transpose(1, 2, 0)), x[:1])


def test_one_example_may_come_alone():
    assert of_pictures().inputs(np.zeros((4, 6))).shape == (1, 1, 4, 6)
    prepared = Preparation("array", "regression", (3,), Scaling("none", (3,)))
    assert prepared.inputs(np.zeros(3)).shape == (1, 3)


def test_pictures_of_another_size_are_refused_or_brought_to_size_as_in_training():
    x = np.full((2, 1, 8, 12), 7, dtype=np.uint8)
    with pytest.raises(DataError) as error:
        of_pictures().inputs(x)
    assert str(error.value).splitlines()[1] == (
        "found: an array of shape (2, 1, 8, 12), so examples of shape (1, 8, 12)"
    )
    assert of_pictures(resize=True).inputs(x).tolist() == np.full((2, 1, 4, 6), 7.0).tolist()


def test_missing_values_of_an_array_are_refused_by_feature_and_count_or_filled():
    x = np.ones((4, 3))
    x[0, 1] = x[2, 1] = np.nan
    x[1, 2] = np.inf
    prepared = Preparation("array", "regression", (3,), Scaling("none", (3,)), names=("a", "b", "c"))
    with pytest.raises(DataError) as error:
        prepared.inputs(x)
    assert str(error.value) == (
        "asked: finite numbers in the inputs\n"
        "found: 3 values are NaN or Inf, in 3 of 4 examples; by feature: b (2), c (1)\n"
        "do:    mend them, or --set data.missing=impute to put the training median in their place"
    )
    filling = Preparation("array", "regression", (3,), Scaling("none", (3,)), fill=torch.tensor([5.0, 6.0, 7.0]))
    assert filling.inputs(x).tolist() == [[1, 6, 1], [1, 1, 7], [1, 6, 1], [1, 1, 1]]


@pytest.mark.parametrize("labels", [["dog", "cat"], np.array(["dog", "cat."]), pd.Series([" dog", "cat"])])
def test_classes_become_indices_whatever_their_spelling_by_accident(labels):
    y = of_pictures().targets(labels)
    assert y.dtype == torch.int64
    assert y.tolist() == [1, 0]


def test_an_unknown_class_is_refused_with_the_nearest():
    with pytest.raises(DataError) as error:
        of_pictures().targets(["cat", "dogs", "dogs"])
    assert str(error.value) == (
        "asked: the classes cat, dog\nfound: 'dogs', 2 times, which no training row has\ndo:    write 'dog'"
    )


def test_numbers_as_classes_have_one_name_in_every_type():
    assert [class_name(v) for v in (3, 3.0, np.int8(3), np.float32(3), b"3", "3 ")] == ["3"] * 6
    assert class_name(2.5) == "2.5"


def test_targets_of_a_table_are_taken_by_name():
    scaling = Scaling.fit(np.array([[0.0], [2.0]]), "standardise")
    prepared = of_table(target_names=("price",), target_scaling=scaling)
    assert prepared.targets(pd.DataFrame({"x": [0], "price": [3.0]})).tolist() == [[2.0]]


def test_back_gives_the_users_units_or_names():
    scaling = Scaling.fit(np.array([[1e5], [3e5]]), "standardise")
    regression = of_table(target_names=("price",), target_scaling=scaling)
    assert regression.back(torch.tensor([[0.0], [1.0]])).tolist() == [[2e5], [3e5]]
    assert of_pictures().back(torch.tensor([[0.1, 0.9], [2.0, 1.0]])).tolist() == ["dog", "cat"]


def test_state_is_json_and_tensors_and_gives_the_same_preparation():
    scaling = Scaling.fit(np.random.default_rng(0).normal(size=(50, 15)), "quantile")
    prepared = Preparation(
        "table",
        "regression",
        (15,),
        scaling,
        COLUMNS,
        target_names=("price",),
        target_scaling=Scaling.fit(np.array([[1.0], [2.0]]), "minmax"),
    )
    plain, tensors = prepared.state()
    again = Preparation.of(json.loads(json.dumps(plain)), tensors)
    frame = pd.DataFrame([row(), row(age=None, city=None), row(day=None)])
    assert torch.equal(again.inputs(frame), prepared.inputs(frame))
    assert torch.equal(again.targets([1.5]), prepared.targets([1.5]))
    assert again.columns == prepared.columns
    assert (again.shape_in, again.shape_out) == ((15,), (1,))


def test_fill_travels_with_the_state():
    prepared = Preparation("array", "regression", (1,), Scaling("none", (1,)), fill=torch.tensor([5.0]))
    plain, tensors = prepared.state()
    assert Preparation.of(plain, tensors).inputs(np.array([[np.nan]])).tolist() == [[5.0]]
