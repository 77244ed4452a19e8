"""What is given on the command line, in words."""

from __future__ import annotations

import pytest
from torch import nn

from wellfit.jobs.given import add_plugin, given, own_network
from wellfit.nouns import shelf
from wellfit.nouns.errors import NetworkError, RecipeError, ShelfError


def test_the_recipes_own_source_is_meant_where_no_data_is_named(tmp_path):
    (tmp_path / "r.toml").write_text('[data]\nsource = "iris"\n')
    source, recipe = given(None, tmp_path / "r.toml")
    assert (source, recipe.data.source) == ("iris", "iris")
    assert given("wine", tmp_path / "r.toml")[0] == "wine"
    assert given(None, None, ["data.source=wine"])[0] == "wine"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["training.epoch=3"], "write training.epochs"),
        (["optimiser=adam"], "optimizer"),
        (["training.decay_by=rat"], "'rate'"),
        (["epochs"], "section.key=value"),
    ],
)
def test_a_misspelt_choice_is_refused_with_the_right_spelling(words, found):
    with pytest.raises(RecipeError, match=found):
        given("iris", None, words)


def network_file(tmp_path, text: str):
    file = tmp_path / "mine.py"
    file.write_text(text)
    return file


def test_a_network_of_ones_own_is_named_by_file_and_function(tmp_path):
    (tmp_path / "beside.py").write_text("WIDTH = 3")
    file = network_file(
        tmp_path, "from torch import nn\nfrom beside import WIDTH\ndef make(i, o): return nn.Linear(2, WIDTH)"
    )
    factory = own_network(f"{file}:make")
    assert factory is not None
    assert isinstance(factory((2,), (3,)), nn.Linear)
    assert given("iris", network=f"{file}:make")[1].network.name == f"{file}:make"


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("import nothing_like_it", "make", "at line 1: ModuleNotFoundError"),
        ("x = 1\n\n1 / 0", "make", "at line 3: ZeroDivisionError"),
        ("def make(:\n", "make", "at line 1: SyntaxError"),
        ("other = 1", "make", "no such name"),
        ("make = 1", "make", "make of type int"),
    ],
)
def test_a_network_file_that_does_not_work_is_refused_with_the_line(tmp_path, text, name, found):
    with pytest.raises(NetworkError) as refused:
        own_network(f"{network_file(tmp_path, text)}:{name}")
    assert found in refused.value.found


@pytest.mark.parametrize("text", ["mine.py", "nowhere.py:make"])
def test_a_network_that_is_not_there_is_refused(text):
    with pytest.raises(NetworkError):
        own_network(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("def mine(shape_in, shape_out, **size): ...", "networks"),
        ("def mine(outputs, targets, *, weight=None): ...", "losses"),
        ("def mine(step): ...", "probes"),
        ("def mine(progress, *, final_frac, drops=0): ...", "schedules"),
        ("def mine(loss) -> Finding | None: ...", "rules"),
        ("def mine(loss) -> Chart | None: ...", "charts"),
    ],
)
def test_a_plug_in_finds_its_shelf_by_what_it_takes_and_gives(tmp_path, text, place, monkeypatch):
    monkeypatch.setattr(shelf, "_added", {})
    assert add_plugin(str(network_file(tmp_path, text))) == place
    assert "mine" in shelf.names(place)
    shelf.module.cache_clear()


def test_a_plug_in_can_be_put_on_a_shelf_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "_added", {})
    assert add_plugin(f"rules={network_file(tmp_path, 'def mine(loss): ...')}") == "rules"
    shelf.module.cache_clear()


def test_a_plug_in_of_no_shelf_is_refused(tmp_path):
    file = network_file(tmp_path, "def mine(anything): ...")
    for text in (str(file), f"shelves={file}", str(tmp_path / "none.py")):
        with pytest.raises(ShelfError):
            add_plugin(text)
