"""Runs side by side: grouped over seeds, and tested in pairs where there are pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from wellfit.nouns.beside import Seen, beside, flat, rows_of


def seen(name: str, seed: int = 0, lr: float = 0.1, score: float = 0.9, **more) -> Seen:
    recipe = {"training.lr": lr, "training.seed": seed, "data.seed": 0}
    test = {"accuracy": {"value": score, "unit": "", "lower": False}}
    return Seen(name, recipe, "done", "well-fitted", test, "f", **more)


def test_runs_that_differ_in_their_seeds_alone_are_one_curve_with_its_spread():
    at = np.array([1.0, 2.0, 3.0])
    ours = [seen(f"a{k}", k, epochs=at[: 3 - k], values=np.array([1.0 + k, 2.0, 3.0])[: 3 - k]) for k in (0, 1)]
    facts = beside([*ours, seen("b", 0, 0.5)])
    first, second = facts["groups"]
    assert first["name"] == "a0 and 1 other seed"
    assert first["mean"] == [1.5, 2.0, 3.0]
    assert first["sd"] == [pytest.approx(0.5**0.5), 0.0, None]
    assert (second["name"], second["mean"]) == ("b", [])
    assert facts["recipe"] == {"training.lr": [0.1, 0.1, 0.5], "training.seed": [0, 1, 0]}


def test_seeds_in_common_are_tested_in_pairs():
    ours, theirs = (0.90, 0.92, 0.95), (0.80, 0.85, 0.84)
    runs = [seen(f"a{k}", k, 0.1, s) for k, s in enumerate(ours)]
    runs += [seen(f"b{k}", k, 0.5, s) for k, s in enumerate(theirs)]
    (test,) = beside(runs)["tests"]
    twin = stats.ttest_rel(ours, theirs).confidence_interval(0.95)
    assert (test["low"], test["high"]) == pytest.approx((twin.low, twin.high))
    assert test["verdict"] == "better"
    assert test["words"].startswith("a0 and 2 other seeds: accuracy")


def test_two_runs_on_the_same_rows_are_tested_row_by_row():
    rng = np.random.default_rng(0)
    loss = rng.gamma(1, 1, 200)
    right_a, right_b = rng.random(200) < 0.9, rng.random(200) < 0.8
    a = seen("a", test_loss=loss, right=right_a)
    b = seen("b", lr=0.5, test_loss=loss + rng.normal(0.2, 0.5, 200), right=right_b)
    (test,) = beside([a, b])["tests"]
    twin = stats.ttest_rel(b.test_loss, a.test_loss).confidence_interval(0.95)
    assert (test["low"], test["high"]) == pytest.approx((twin.low, twin.high))
    table = [int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())]
    assert [test["only_ours"], test["only_theirs"]] == table
    assert test["p"] == pytest.approx(stats.binomtest(table[0], sum(table)).pvalue)
    assert "a is better" in test["words"]


@pytest.mark.parametrize(
    "other",
    [{}, {"test_loss": np.ones(20)}, {"test_loss": np.full(30, np.nan)}, {"test_loss": np.ones(30), "data": "other"}],
)
def test_there_is_no_test_without_pairs(other):
    other = dict(other)
    data = other.pop("data", "f")
    a, b = seen("a", test_loss=np.ones(30)), seen("b", lr=0.5, **other)
    assert beside([a, Seen(**{**vars(b), "fingerprint": data})])["tests"] == []


def test_rows_that_are_all_alike_are_not_told_apart():
    a = seen("a", test_loss=np.ones(30), right=np.ones(30, bool))
    b = seen("b", lr=0.5, test_loss=np.ones(30), right=np.ones(30, bool))
    (test,) = beside([a, b])["tests"]
    assert test["p"] == 1
    assert "not told apart" in test["words"]


def test_rows_are_right_only_where_classes_are_told():
    held = {"test_loss": np.zeros(3), "test_truth": np.array([0, 1, 1]), "test_outputs": np.eye(2)[[0, 1, 0]]}
    assert rows_of(held)["right"].tolist() == [True, True, False]
    assert list(rows_of({**held, "test_truth": np.zeros(3)})) == ["test_loss"]
    assert rows_of({}) == {}


def test_a_recipe_is_made_flat():
    assert flat({"a": {"b": {"c": 1}}, "d": [2]}) == {"a.b.c": 1, "d": [2]}
