"""Bad data get one clear refusal each: what was asked, what was found and where, what to do. No traceback, no guess."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import DataChoices
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)
N = 60


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame({"u": RNG.normal(size=N), "v": RNG.normal(size=N)} | columns)


def changed(column: str, rows: list[int], values: list) -> pd.DataFrame:
    """A sound table with some cells of a column replaced."""
    frame = table(price=RNG.normal(size=N)).astype({column: object})
    frame.loc[rows, column] = values
    return frame


def refusal(source, targets=None, **choices) -> str:
    with pytest.raises(DataError) as error:
        load(source, DataChoices(**choices), targets)
    text = str(error.value)
    assert len(text.splitlines()) == 3
    return text


# ---- sources --------------------------------------------------------------------------------------------------


def test_a_missing_file_is_refused_with_the_nearest_name(tmp_path):
    (tmp_path / "Prices.csv").write_text("a,b\n1,2\n")
    path = str(tmp_path / "price.csv")
    assert refusal(path) == (
        f"asked: the data '{path}'\nfound: no such file or folder\ndo:    write '{tmp_path / 'Prices.csv'}'"
    )


def test_a_misspelt_bundled_name_is_refused_with_the_nearest():
    assert refusal("digts").endswith("found: no such file, folder or bundled set\ndo:    write 'digits'")


def test_of_folders_and_bundled_sets_the_nearest_is_offered(tmp_path, monkeypatch):
    for name in ("studies", "docs"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    assert refusal("digts").endswith("write 'digits'")
    assert refusal("study").endswith("found: no such file or folder\ndo:    write 'studies'")
    assert "docs" not in refusal("does.csv")


def test_a_missing_folder_is_named(tmp_path):
    assert f"the folder {tmp_path / 'no'} is not there either" in refusal(str(tmp_path / "no" / "such" / "x.csv"))


def test_an_address_is_refused():
    assert "an address; wellfit makes no network calls" in refusal("https://example.org/data.csv")


def test_an_empty_file_and_an_empty_folder_are_refused(tmp_path):
    for name in ("t.csv", "a.npz", "p.parquet"):
        (tmp_path / name).write_bytes(b"")
        assert f"asked: the data '{tmp_path / name}'\nfound: an empty file\n" in refusal(str(tmp_path / name))
    (tmp_path / "empty").mkdir()
    assert "found: an empty folder" in refusal(str(tmp_path / "empty"))


def test_a_file_of_an_unknown_kind_is_refused_with_the_known_ones(tmp_path):
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    assert "found: a .xlsx file, which no reader knows\ndo:    give CSV, Parquet" in refusal(str(tmp_path / "x.xlsx"))


def test_a_folder_with_nothing_readable_is_refused_with_its_content(tmp_path):
    (tmp_path / "notes.md").write_text("hello")
    assert "found: a folder with notes.md\n" in refusal(str(tmp_path))


def test_an_object_that_is_no_data_is_refused():
    assert refusal(3.5).startswith("asked: data from a builtins.float")


# ---- targets --------------------------------------------------------------------------------------------------


def test_a_missing_target_column_is_refused_with_the_nearest():
    assert refusal(table(quality=RNG.normal(size=N)), target="Qualty") == (
        "asked: the target column of table, 'Qualty'\n"
        "found: no such column; there are 'u', 'v', 'quality'\n"
        "do:    write 'quality'"
    )


def test_a_table_whose_target_cannot_be_told_is_refused_with_its_columns():
    text = refusal(table(station="Bern"))
    assert "the last column, 'station', is the same in every row; there are u, v, station" in text
    assert text.endswith("say which with --target COLUMN")


def test_a_constant_target_is_refused():
    assert "the target 'price'\nfound: constant: 3 in every row" in refusal(table(price=3.0), target="price")


def test_one_class_only_is_refused():
    assert "one class only: 'cat', 60 times" in refusal(table(label="cat"))


def test_a_class_with_a_single_example_is_refused_with_its_row():
    label = np.array(["cat", "dog"], dtype=object)[np.arange(N) % 2]
    label[17] = "cow"
    assert refusal(table(label=label)) == (
        "asked: two examples or more of each class in 'label'\n"
        "found: one class has a single example: 'cow' (row 18)\n"
        "do:    add examples, or leave the rows out or join them to another class"
    )


def test_text_as_a_target_of_a_regression_is_refused():
    assert "numbers in the target 'label'\nfound: text, first 'a'" in refusal(table(label="a"), task="regression")


@pytest.mark.parametrize("bad", [np.nan, np.inf, None])
def test_targets_that_are_missing_or_infinite_are_refused_with_count_and_rows(bad):
    frame = changed("price", [2, 9, 10, 50], [bad] * 4)
    assert refusal(frame) == (
        "asked: an answer for every example in 'price'\n"
        "found: 4 of 60 targets are missing, NaN or Inf (rows 3, 10, 11, ...)\n"
        "do:    fill them in, or --set data.missing=impute to leave these rows out (targets are never made up)"
    )


def test_missing_class_names_are_refused_too():
    label = np.array(["cat", "dog"], dtype=object)[np.arange(N) % 2]
    label[[4, 5]] = None
    assert "2 of 60 targets are missing" in refusal(table(label=label))


def test_inputs_without_targets_are_refused():
    assert "inputs without targets\ndo:    give targets too: (X, y)" in refusal(RNG.normal(size=(N, 2)))


def test_another_number_of_targets_is_refused_with_both_shapes():
    assert "60 examples (inputs of shape (60, 2)), targets of shape (59,)" in refusal(np.ones((N, 2)), np.ones(59))


def test_labels_that_are_not_0_and_1_are_refused_as_multilabel():
    text = refusal(np.ones((N, 2)), RNG.integers(0, 3, (N, 2)), task="multilabel")
    assert "targets that are not columns of 0 and 1" in text


def test_a_label_that_is_the_same_everywhere_is_refused():
    y = np.column_stack([RNG.integers(0, 2, N), RNG.integers(0, 2, N), np.zeros(N)])
    assert "the label 'target 3'\nfound: it is the same in every example" in refusal(np.ones((N, 2)), y)


def test_a_target_for_data_that_bring_their_own_is_refused():
    assert "the target 'species' of digits" in refusal("digits", target="species")


# ---- inputs ---------------------------------------------------------------------------------------------------


def test_infinite_inputs_of_a_table_are_refused_by_column_and_count():
    assert refusal(changed("v", [3, 4], [np.inf, -np.inf])) == (
        "asked: finite numbers in column 'v'\n"
        "found: 2 of 60 rows are Inf\n"
        "do:    mend them, or --set data.missing=impute to put the training median in their place"
    )


def test_missing_inputs_of_a_table_are_refused_where_the_recipe_says_so():
    assert "column 'v' without gaps\nfound: 1 of 60 rows is missing" in refusal(
        changed("v", [3], [None]), missing="refuse"
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_missing_or_infinite_inputs_of_an_array_are_refused_by_feature_and_count(bad):
    x = RNG.normal(size=(N, 3))
    x[[2, 5], 1] = bad
    text = refusal(x, np.arange(N) % 2)
    assert "found: 2 values are NaN or Inf, in 2 of 60 examples; by feature: 1 (2)" in text
    assert "--set data.missing=impute" in text


def test_text_where_numbers_belong_is_refused_with_column_count_and_row():
    frame = changed("v", [16, 20, 21], ["12 cm", "tall", "tall"])
    assert refusal(frame) == (
        "asked: numbers in column 'v'\n"
        "found: 3 values are text among 60, first '12 cm' in row 17 of the data\n"
        "do:    mend them, leave the column out (--set 'data.drop=[\"v\"]'), "
        "or --set data.missing=impute to count them as missing"
    )
    assert load(frame, DataChoices(missing="impute")).facts["missing"] == {"v": 3}


def test_text_in_an_array_is_refused():
    assert "found: 'b' in row 1, feature 1\n" in refusal(np.array([["1", "b"]] * N), np.arange(N) % 2)
    assert "found: setting an array element with a sequence" in refusal([[1, 2], [3]] * N, np.arange(2 * N) % 2)


def test_a_table_with_nothing_left_to_learn_from_is_refused():
    frame = pd.DataFrame({"name": [f"person {i}" for i in range(N)], "same": 1, "y": RNG.normal(size=N)})
    text = refusal(frame)
    assert "name: an identifier or free text" in text
    assert "same: the same in every training row (1)" in text


def test_a_table_of_the_target_alone_is_refused():
    assert "no other column" in refusal(pd.DataFrame({"y": RNG.normal(size=N)}), target="y")


def test_columns_of_the_recipe_that_are_not_there_are_refused():
    frame = table(price=RNG.normal(size=N))
    assert refusal(frame, drop=("w",)).startswith("asked: to drop the column 'w'\nfound: no such column")
    assert refusal(frame, group="pat").startswith("asked: data.group: the column 'pat'\nfound: no such column")
    assert refusal(frame, time="tme").startswith("asked: data.time: the column 'tme'\nfound: no such column")
    assert "digits holds pictures, not columns" in refusal("digits", group="writer")


def test_an_array_without_examples_is_refused():
    assert "an array of shape (0, 3)" in refusal(np.ones((0, 3)), np.ones(0))


def test_splits_that_do_not_fit_each_other_are_refused():
    x, y = RNG.normal(size=(N, 3)), np.arange(N) % 2
    text = refusal({"train": (x, y), "test": (x[:, :2], y)})
    assert "train: array of shape (60, 3); test: array of shape (60, 2)" in text
    assert 'give a "train" part' in refusal({"test": (x, y)})
