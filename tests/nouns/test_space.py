"""A space holds what a recipe may hold, and says what is wrong with everything else."""

from __future__ import annotations

import tomllib

import pytest

from wellfit.nouns.errors import RecipeError
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.space import DEPTH, WIDTH, Space, widths

GIVEN = {
    "lr": {"low": 1e-4, "high": 1e-2, "prior": "log", "unit": "a step"},
    "network": {"widths": {"depth": {"low": 1, "high": 3}, "width": {"low": 16, "high": 256, "prior": "log"}}},
    "network.activation": ["relu", "tanh"],
    "training.batch_size": {"choices": [16, 32]},
    "network.options.shift": {"low": 0, "high": 2},
}


def test_a_space_written_and_read_again_is_the_same():
    space = Space.of(GIVEN)
    assert Space.of(tomllib.loads(space.toml())) == space
    assert [a.key for a in space.axes] == [
        "training.lr", DEPTH, WIDTH, "network.activation", "training.batch_size", "network.options.shift",
    ]  # fmt: skip
    assert [a.whole for a in space.axes] == [False, True, True, False, False, True]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"training.lrr": {"low": 1, "high": 2}}, "training.lr"),
        ({"traning": {"lr": {"low": 1e-3, "high": 1e-2}}}, "training"),
        ({"training.lr": {"low": 2, "high": 1}}, "above high"),
        ({"training.lr": {"low": 1e-3}}, "high = None"),
        ({"network.dropout": {"low": 0, "high": 0.5, "prior": "log"}}, "logarithm"),
        ({"network.dropout": {"low": 0, "high": 1.5}}, "less than 1"),
        ({"training.lr": {"low": 1e-3, "high": 1e-2, "prior": "lgo"}}, "log"),
        ({"training.lr": 3}, "nothing to search"),
        ({"training.batch_size": {"low": 1, "high": 2.5}}, "integer"),
        ({"network.activation": ["relu", "tnah"]}, "tanh"),
        ({"network.activation": []}, "choices are a list"),
        ({"training.seed": [1, 2]}, "luck"),
        ({"data.split": ["random", "stratified"]}, "cannot be compared"),
        ({"network.widths": [[8], [16]], "network.widths.depth": {"low": 1, "high": 2}}, "say the same"),
        ({"network.widths.width": {"low": 0, "high": 2}}, "1 or more"),
        ({}, "no axis"),
    ],
)
def test_a_space_that_cannot_be_is_refused_in_three_lines(given, word):
    with pytest.raises(RecipeError) as error:
        Space.of(given)
    assert word in f"{error.value}"
    assert f"{error.value}".count("\n") == 2


def test_a_space_that_is_no_file_or_no_toml_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="existing TOML file"):
        Space.read(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("[training\n")
    with pytest.raises(RecipeError, match="no TOML"):
        Space.read(tmp_path / "bad.toml")


def test_widths_keep_their_proportions_and_go_on_with_them():
    assert widths((32, 64, 128), 16, 4) == (16, 32, 64, 128)
    assert widths((128, 128), None, 3) == (128, 128, 128)
    assert widths((128, 64), 64, 1) == (64,)
    assert widths((), 20, None) == (20,)


def test_the_values_of_a_recipe_lie_in_the_space_or_there_are_none():
    space = Space.of(GIVEN)
    inside = {"training.lr": 2e-3, "network.widths": (64, 64), "network.activation": "relu", "training.batch_size": 32}
    recipe = Recipe.of({**inside, "network.options.shift": 1})
    values = space.of_recipe(recipe)
    assert values is not None
    assert values[WIDTH] == 64
    assert values[DEPTH] == 2
    assert space.laid_over(values, recipe)["network.widths"] == (64, 64)
    assert space.of_recipe(Recipe.of({"training.lr": 0.5}, recipe)) is None
