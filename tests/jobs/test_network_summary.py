"""summary: what is said of a network before it is trained, and what is refused."""

from __future__ import annotations

import json

import pytest

from wellfit.cli import main
from wellfit.jobs.summary import of_module
from wellfit.nouns.errors import NetworkError


def said(capsys: pytest.CaptureFixture, *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(["summary", *words])
    shown = capsys.readouterr()
    return int(left.value.code or 0), shown.out, shown.err


def test_digits_are_summed_up_in_words(capsys: pytest.CaptureFixture):
    status, out, _ = said(capsys, "digits")
    assert status == 0
    for words in ("mult-adds", "multiply-adds an example", "a training step of", "local, shared", "dense", "moved by"):
        assert words in out


def test_a_recipe_s_file_and_a_factory_are_taken(capsys: pytest.CaptureFixture, tmp_path):
    recipe = tmp_path / "r.toml"
    recipe.write_text('[data]\nsource = "digits"\n[network]\nname = "dense"\nwidths = [7]\n')
    status, out, _ = said(capsys, str(recipe), "--json")
    assert status == 0
    assert [7] in [row["shape_out"] for row in json.loads(out)["layers"]]
    status, out, _ = said(capsys, "wellfit.networks.resnet:resnet", "--shape", "3,16,16", "--outputs", "4", "--json")
    assert status == 0
    assert json.loads(out)["layers"][-1]["shape_out"] == [4]


def test_a_shape_for_data_that_have_one_is_refused(capsys: pytest.CaptureFixture[str]):
    status, _, err = said(capsys, "digits", "--shape", "2,3")
    assert status == 2
    assert "say their sizes themselves" in err


@pytest.mark.parametrize(
    ("text", "shape", "words"),
    [
        ("torch.nn:Nothing", (3,), "no function or class Nothing"),
        ("no_such_package_at_all:f", (3,), "importing no_such_package_at_all failed"),
        ("wellfit.networks.conv:conv", (), "no shape of its inputs"),
    ],
)
def test_what_makes_no_network_is_refused(text: str, shape: tuple, words: str):
    with pytest.raises(NetworkError, match=words):
        of_module(text, shape, (2,), 1)


def test_inputs_that_do_not_fit_are_refused_in_three_lines(tmp_path):
    file = tmp_path / "own.py"
    file.write_text("import torch\ndef f():\n    return torch.nn.Linear(4, 2)\n")
    with pytest.raises(NetworkError, match="its forward fails"):
        of_module(f"{file}:f", (5,), (), 1)
