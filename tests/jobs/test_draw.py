"""wellfit sample: rows and pictures that a run draws."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

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
