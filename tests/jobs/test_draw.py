"""wellfit sample: rows and pictures that a run draws."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from wellfit.cli import main
from wellfit.jobs.draw import drawn
from wellfit.jobs.fit import fit

QUICK = {"epochs": 2, "batch_size": 32, "lr": 1e-2, "widths": (16,), "watch.budget_frac": 0.0}


def shell(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"size": rng.normal(size=150).round(1), "kind": rng.choice(["x", "y"], 150)})
    file = tmp_path_factory.mktemp("rows") / "table.csv"
    table.to_csv(file, index=False)
    run = fit(str(file), out=file.parent / "run", force=True, **{"data.task": "density"}, **QUICK)
    return file, run


def test_rows_are_drawn_in_their_units_and_levels_and_the_seed_makes_them(rows, tmp_path, capfd):
    _, run = rows
    assert shell("sample", str(run.path), "--count", "7") == 0
    printed = capfd.readouterr().out
    made = pd.read_csv(io.StringIO(printed))
    assert list(made.columns) == ["size", "kind"]
    assert len(made) == 7
    assert set(made["kind"]) <= {"x", "y", "other"}
    assert np.allclose(made["size"] * 10, (made["size"] * 10).round())
    assert shell("sample", str(run.path), "--count", "7", "--out", str(tmp_path / "rows.csv")) == 0
    assert (tmp_path / "rows.csv").read_text() == printed
    assert not drawn(run.path, 7, seed=1).equals(drawn(run.path, 7))


def test_predict_says_how_likely_rows_are(rows, capfd):
    file, run = rows
    assert shell("predict", str(run.path), str(file)) == 0
    said = pd.read_csv(io.StringIO(capfd.readouterr().out))
    assert list(said.columns) == ["row", "log-likelihood (nats)"]
    test = said["log-likelihood (nats)"]
    assert np.isfinite(test).all()
    assert -test.mean() == pytest.approx(run.test["NLL"]["value"], rel=0.2)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    x = np.random.default_rng(0).integers(0, 256, (40, 3, 9, 8)).astype(np.uint8)
    out = tmp_path_factory.mktemp("pictures") / "run"
    return fit(x, out=out, force=True, **{"data.task": "generation", "network.name": "gan"}, **QUICK)


def test_pictures_are_drawn_as_one_png_or_as_numbers_in_their_range(pictures, tmp_path, capfd):
    assert shell("sample", str(pictures.path), "--count", "10", "--out", str(tmp_path / "made.png")) == 0
    assert "10 pictures written to" in capfd.readouterr().out
    with Image.open(tmp_path / "made.png") as made:
        assert made.size == ((8 * 9 - 1) * 7, (2 * 10 - 1) * 7)  # seven times as large
    assert shell("sample", str(pictures.path), "--count", "10", "--out", str(tmp_path / "made.npy")) == 0
    made = np.load(tmp_path / "made.npy")
    assert made.shape == (10, 3, 9, 8)
    assert 0 <= made.min() <= made.max() <= 255
    np.testing.assert_array_equal(made, pictures.draw(10))
    assert shell("sample", str(pictures.path)) == 2
    assert "--out samples.png" in capfd.readouterr().err


def test_the_page_shows_what_is_drawn_and_asks_for_no_labels(pictures, rows):
    page = (pictures.path / "report.html").read_text()
    for words in ("Pictures drawn by the network", "Oddest pictures", "nothing is predicted (generation)"):
        assert words in page
    assert "with their labels" not in page
    assert "Oddest rows" in (rows[1].path / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [(("--out", "rows.txt"), "name a .csv file"), (("--count", "0"), "too few")],
)
def test_what_cannot_be_drawn_is_refused_in_three_lines(rows, tmp_path, capfd, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert shell("sample", str(rows[1].path), *words) == 2
    lines = capfd.readouterr().err.strip().splitlines()
    assert len(lines) == 3
    assert said in "".join(lines)
