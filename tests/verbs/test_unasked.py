"""Data of which nothing is to be predicted: what is looked at, what is left out, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)
DENSITY = {"data.task": "density"}


def table(n: int = 120) -> pd.DataFrame:
    return pd.DataFrame({"a": RNG.normal(size=n), "kind": RNG.choice(["x", "y"], n), "price": RNG.normal(size=n)})


def made(source, **choices):
    return load(source, Recipe.of({**DENSITY, **{f"data.{k}": v for k, v in choices.items()}}).data)


def test_every_column_is_looked_at_though_one_is_named_like_a_target():
    data = made(table())
    assert data.preparation.input_names == ("a", "kind", "price")
    assert data.shape_out == (1,)
    assert not data.train.y.any()
    assert made(table(), drop=("price",)).preparation.input_names == ("a", "kind")


def test_rows_with_missing_values_are_left_out_and_counted_and_columns_that_are_mostly_empty():
    frame = table()
    frame.loc[:9, "a"] = np.nan
    frame.loc[5:19, "kind"] = None
    frame["hardly"] = np.where(np.arange(120) < 100, np.nan, 1.0)
    data = made(frame)
    assert len(data) == 100
    said = [f.summary for f in data.findings]
    assert "20 rows of 120 left out: values are missing in them" in said
    assert "1 column left out, over half empty: hardly" in said


def test_answers_that_come_with_arrays_are_left_out():
    data = made("iris")
    assert data.preparation.input_names[0] == "sepal length (cm)"
    assert "left out" in data.reasons["data.task"] + data.reasons["data.target"]


@pytest.mark.parametrize(
    ("source", "choices", "words"),
    [
        (table, {"target": "price"}, "predicts nothing"),
        (table, {"normalise": "quantile"}, "choose standardise"),
        (table, {"drop": ("prise",)}, "price"),
        (lambda: table().assign(a=np.nan, kind=None, price=np.nan), {}, "mostly empty"),
        (lambda: RNG.normal(size=(50, 3)), {"group": "a"}, "no columns"),
    ],
)
def test_what_a_density_cannot_have_is_refused(source, choices, words):
    with pytest.raises(DataError, match=words):
        made(source(), **choices)
