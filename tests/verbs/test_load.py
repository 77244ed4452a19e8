"""load decides as a careful person would, says why, and lets every decision be overruled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from wellfit.nouns.recipe import DataChoices
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)
N = 120


def table(**columns) -> pd.DataFrame:
    """Two columns of noise and whatever else is given."""
    return pd.DataFrame({"u": RNG.normal(size=N), "v": RNG.normal(size=N)} | columns)


def findings(data, fault: str) -> list:
    return [f for f in data.findings if f.fault == fault]


# ---- the target -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["target", "Label", "y", "class", "species", "SalePrice", "median_house_value", "price"]
)
def test_a_column_named_like_a_target_is_the_target_wherever_it_stands(name):
    frame = table()
    frame.insert(0, name, RNG.normal(size=N))
    data = load(frame)
    assert data.target_names == (name,)
    assert f"{name!r} is named like a target" in data.reasons["data.target"]


def test_without_a_telling_name_the_last_column_is_the_target_and_this_is_said():
    data = load(table(w=RNG.normal(size=N)))
    assert data.choices["target"] == "w"
    assert data.reasons["data.target"].startswith("'w' is the last column")


def test_an_asked_target_is_taken_and_several_make_a_regression_of_several():
    data = load(table(w=RNG.normal(size=N)), DataChoices(target=("u", "v")))
    assert (data.task, data.shape_out, data.target_names) == ("regression", (2,), ("u", "v"))
    assert data.train.y.shape == (len(data.train), 2)


# ---- the task -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "name", "task"),
    [
        (np.array(["a", "b", "c"])[np.arange(N) % 3], "kind", "classification"),
        (np.arange(N) % 2 == 0, "flag", "classification"),
        (np.arange(N) % 2 * 5, "code", "classification"),
        (np.arange(N) % 5, "code", "classification"),
        (np.arange(N) % 5 + 1.0, "code", "classification"),
        (np.arange(N) % 5 + 3, "code", "regression"),
        (np.arange(N) % 6 + 1, "quality", "regression"),
        (np.arange(N) % 40 * 3, "code", "regression"),
        (RNG.normal(size=N), "code", "regression"),
    ],
)
def test_the_task_is_told_from_the_targets_values_and_name(values, name, task):
    data = load(table(**{name: values}), DataChoices(target=name))
    assert data.task == task
    assert repr(name) in data.reasons["data.task"]
    assert (data.train.y.dtype == torch.int64) == (task == "classification")


def test_many_class_codes_that_are_about_as_frequent_are_classes():
    y = np.arange(26 * 40) % 26
    assert load((RNG.normal(size=(len(y), 2)), y)).task == "classification"


def test_whole_numbers_under_pictures_are_classes():
    data = load((RNG.integers(0, 255, (200, 8, 8)).astype(np.uint8), np.arange(200) % 40 + 5))
    assert data.task == "classification"
    assert data.classes == tuple(map(str, range(5, 45)))


def test_a_task_that_is_asked_for_is_taken():
    frame = table(quality=np.arange(N) % 6 + 3)
    data = load(frame, DataChoices(task="classification"))
    assert data.classes == tuple(map(str, range(3, 9)))
    assert data.reasons["data.task"] == "as asked"


def test_columns_of_0_and_1_are_labels_or_one_hot_classes():
    labels = RNG.integers(0, 2, (N, 3))
    several = load((RNG.normal(size=(N, 2)), labels))
    assert (several.task, several.shape_out) == ("multilabel", (3,))
    assert np.array_equal(several.train.y, labels[several.train.rows])
    assert several.facts["class_counts"]["train"] == labels[several.train.rows].sum(axis=0).tolist()
    one = load((RNG.normal(size=(N, 2)), np.eye(3)[np.arange(N) % 3]))
    assert one.task == "classification"
    assert one.train.y.tolist() == (one.train.rows % 3).tolist()


def test_classes_are_ordered_by_number_or_by_alphabet():
    assert load((RNG.normal(size=(N, 2)), np.arange(N) % 12)).classes == tuple(map(str, range(12)))
    assert load((RNG.normal(size=(N, 2)), np.array(["b", "a"])[np.arange(N) % 2])).classes == ("a", "b")


def test_class_names_with_a_stray_full_stop_are_joined_and_named():
    words = np.where(np.arange(N) % 2, "<=50K", ">50K").astype(object)
    words[:30] = [w + "." for w in words[:30]]
    data = load(table(income=words))
    assert data.classes == ("<=50K", ">50K")
    (note,) = findings(data, "labels-encoding")
    assert note.evidence == "read '<=50K.' (15) as '<=50K', '>50K.' (15) as '>50K'"


# ---- columns --------------------------------------------------------------------------------------------------


def test_identifiers_constants_and_empty_columns_are_left_out_and_named():
    frame = table(
        No=np.arange(1, N + 1),
        customer_id=RNG.permutation(N) + 1000,
        text=[f"free text {i}" for i in range(N)],
        same=1.5,
        word="x",
        none=np.full(N, np.nan),
        price=RNG.normal(size=N),
    )
    data = load(frame)
    assert data.preparation.input_names == ("u", "v")
    assert set(data.facts["left_out"]) == {"No", "customer_id", "text", "same", "word", "none"}
    (note,) = findings(data, "columns-left-out")
    assert "No: row numbers" in note.evidence
    assert "text: an identifier or free text" in note.evidence
    assert "same: the same in every training row (1.5)" in note.evidence


def test_years_and_other_whole_numbers_are_no_row_numbers():
    data = load(table(built=1900 + np.arange(N), count=RNG.permutation(N), price=RNG.normal(size=N)))
    assert {"built", "count"} <= set(data.preparation.input_names)


def test_rare_categories_share_one_feature():
    city = np.where(np.arange(N) < 100, np.array(["Bern", "Oslo"])[np.arange(N) % 2], [f"c{i}" for i in range(N)])
    data = load(table(city=city, price=RNG.normal(size=N)), DataChoices(split="random"))
    assert data.preparation.input_names[2:] == ("city = Bern", "city = Oslo", "city = other")


def test_codes_with_leading_zeros_are_names_not_numbers():
    data = load(table(zip=np.array(["0123", "0456"])[np.arange(N) % 2], price=RNG.normal(size=N)))
    assert "zip = 0123" in data.preparation.input_names


def test_marks_for_missing_among_numbers_are_missing_and_counted():
    horsepower = np.array([str(v) for v in RNG.integers(50, 200, N)], dtype=object)
    horsepower[[3, 50, 70]] = "?"
    data = load(table(horsepower=horsepower, price=RNG.normal(size=N)))
    assert data.facts["missing"] == {"horsepower": 3}
    assert "horsepower" in data.preparation.input_names


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y", "%Y/%m/%d", "%m/%d/%Y"])
def test_dates_are_told_in_any_usual_form(form):
    days = pd.Timestamp("2020-01-31") + pd.to_timedelta(RNG.permutation(N) * 11, "D")
    data = load(table(day=days.strftime(form), price=RNG.normal(size=N)))
    assert "day days" in data.preparation.input_names
    column = next(c for c in data.preparation.columns if c.name == "day")
    assert column.parts == ("days", "year", "week")


def test_dropped_columns_are_not_inputs():
    data = load(table(w=RNG.normal(size=N)), DataChoices(drop=("v",)))
    assert data.preparation.input_names == ("u",)


# ---- normalisation --------------------------------------------------------------------------------------------


def test_tables_are_standardised_and_heavy_tails_take_ranks():
    plain = load(table(price=RNG.normal(size=N)))
    heavy = load(pd.DataFrame({f"f{i}": np.exp(RNG.normal(0, 3, 500)) for i in range(3)} | {"y": RNG.normal(size=500)}))
    assert plain.choices["normalise"] == "standardise"
    assert heavy.choices["normalise"] == "quantile"
    assert "ranks tame them" in heavy.reasons["data.normalise"]


def test_regression_targets_are_standardised_and_come_back_in_their_units():
    frame = table(price=RNG.normal(5e5, 1e5, N))
    data = load(frame)
    assert abs(float(data.train.y.mean())) < 1e-5
    back = data.preparation.back(data.test.y)
    assert np.allclose(back[:, 0], frame["price"].to_numpy()[data.test.rows], rtol=1e-5)
    assert data.facts["target"]["price"]["mean"] == pytest.approx(frame["price"][data.train.rows].mean())


@pytest.mark.parametrize("word", ["none", "centre", "minmax", "robust"])
def test_scalings_that_are_asked_for_are_used_and_every_choice_is_resolved(word):
    data = load(table(price=RNG.normal(size=N)), DataChoices(normalise=word, normalise_targets=word))
    assert data.choices["normalise"] == data.choices["normalise_targets"] == word
    assert "auto" not in data.choices.values()


def test_every_decision_has_a_reason():
    data = load("digits")
    wanted = {"data.target", "data.task", "data.split", "data.normalise", "data.normalise_targets", "data.missing"}
    assert wanted <= set(data.reasons)
    assert all(data.reasons.values())


# ---- what is noticed ------------------------------------------------------------------------------------------


def test_a_column_that_almost_equals_the_target_is_named_as_a_leak():
    price = RNG.normal(100, 20, N)
    data = load(table(cents=np.round(price * 100), log_price=np.log(price), price=price))
    leaks = findings(data, "data-leak")
    assert [f.change["data.drop"] for f in leaks] == [["cents"], ["log_price"]]
    assert all(f.severity == "warning" for f in leaks)
    assert "correlation with price: 1.00" in leaks[0].evidence


def test_a_column_named_as_a_prediction_of_the_target_is_named_as_a_leak():
    solubility = RNG.normal(size=N)
    guess = solubility + 0.5 * RNG.normal(size=N)
    named = load(table(**{"predicted solubility": guess, "measured solubility": solubility}))
    other = load(table(**{"other method": guess, "measured solubility": solubility}))
    assert "is named as a prediction of it" in findings(named, "data-leak")[0].summary
    assert not findings(other, "data-leak")


def test_a_code_for_the_class_is_named_as_a_leak_and_an_honest_threshold_is_not():
    survived = RNG.integers(0, 2, N)
    alive = np.array(["no", "yes", "yes!"], dtype=object)[survived + (survived & (np.arange(N) % 2))]
    honest = survived + RNG.uniform(-0.4, 0.4, N)
    data = load(table(alive=alive, honest=honest, survived=survived))
    (leak,) = findings(data, "data-leak")
    assert leak.change == {"data.drop": ["alive"]}


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_no_leak_is_claimed_in_honest_sets(name):
    assert not [f for f in findings(load(name), "data-leak") if f.severity == "warning"]


def test_marks_far_outside_are_named_and_do_not_pass_for_leaks():
    a, b = RNG.normal(size=N), RNG.normal(size=N)
    a[:5] = b[:5] = -999
    data = load(table(a=a, y=b), DataChoices(target="y", seed=1))
    (note,) = findings(data, "missing-marked")
    assert "'a', 'y': -999 lies far outside" in note.summary
    assert not findings(data, "data-leak")


def test_a_target_cut_off_at_its_largest_value_is_named():
    value = np.minimum(RNG.lognormal(0, 1, 1000), 3.0)
    data = load((RNG.normal(size=(1000, 2)), value))
    (note,) = findings(data, "target-capped")
    assert "seems cut off at 3:" in note.summary
    assert not findings(load((RNG.normal(size=(1000, 2)), RNG.normal(size=1000))), "target-capped")


def test_facts_count_rows_features_and_constants():
    x = RNG.normal(size=(N, 4))
    x[:, 2] = 7
    facts = load((x, np.arange(N) % 3)).facts
    assert (facts["n_rows"], facts["n_features"], facts["constant_features"]) == (N, 4, 1)
    assert sum(map(sum, facts["class_counts"].values())) == N


# ---- sources --------------------------------------------------------------------------------------------------


def test_targets_beside_a_frame_keep_their_name():
    x, y = table(), pd.Series(RNG.normal(size=N), name="height")
    for data in (load(x, targets=y), load((x, y))):
        assert data.target_names == ("height",)
        assert data.preparation.input_names == ("u", "v")


@pytest.mark.parametrize("kind", [list, torch.tensor, pd.DataFrame, np.asarray])
def test_arrays_come_as_lists_tensors_frames_or_arrays(kind):
    x = RNG.normal(size=(N, 3)).tolist()
    y = [0, 1, 1] * (N // 3)
    data = load((kind(x), y))
    assert data.shape_in == (3,)
    assert data.facts["class_counts"]["train"] == np.bincount(np.array(y)[data.train.rows]).tolist()


def test_sparse_matrices_are_taken():
    from scipy.sparse import csr_matrix

    assert load((csr_matrix(np.eye(N)[:, :5]), np.arange(N) % 2)).shape_in == (5,)


def test_splits_of_the_users_own_are_kept():
    x, y = RNG.normal(size=(N, 2)), np.arange(N) % 2
    data = load({"train": (x[:80], y[:80]), "val": (x[80:100], y[80:100]), "test": (x[100:], y[100:])})
    assert (len(data.train), len(data.valid), len(data.test)) == (80, 20, 20)
    assert data.choices["split"] == "given"


def test_infinite_and_missing_values_are_filled_where_the_recipe_says_so():
    frame = table(price=RNG.normal(size=N))
    frame.loc[3, "u"], frame.loc[4, "u"], frame.loc[5, "price"] = np.inf, np.nan, np.nan
    data = load(frame, DataChoices(missing="impute"))
    assert len(data) == N - 1
    assert 5 not in np.concatenate([s.rows for s in (data.train, data.valid, data.test)])
    assert data.facts["missing"] == {"u": 2}
    assert "1 row left out: no price in it" in [f.summary for f in data.findings]
    x = np.where(RNG.random((N, 2)) < 0.1, np.nan, 1.0) + RNG.normal(size=(N, 2))
    filled = load((x, np.arange(N) % 2), DataChoices(missing="impute"))
    assert torch.isfinite(filled.train.x).all()
    assert sum(filled.facts["missing"].values()) == np.isnan(x).sum()
