"""Runs, listed and side by side, from their files alone."""

from __future__ import annotations

import pytest

from wellfit.jobs.runs import compared, listed
from wellfit.nouns.errors import RunError
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.run import Run
from wellfit.views.terminal.screen import screen
from wellfit.views.terminal.tables import compared as compared_table
from wellfit.views.terminal.tables import runs as runs_table


def a_run(path, started: float, ended: bool = True, **choices) -> Run:
    run = Run.create(path, Recipe.of({"data.source": "iris", **choices}), {"started": started})
    run.append([Reading("valid_loss", 0.5, 10 * e, float(e)) for e in (1, 2, 3)])
    if ended:
        run.write_json("data.json", {"name": "iris", "train_s": 1.5})
        test = {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95, "unit": "", "n": 30}}
        run.conclude(Finding("well-fitted", "ok", "Good."), [], test)
    return run


def test_every_run_in_a_folder_is_listed_the_oldest_first(tmp_path):
    a_run(tmp_path / "b", 1.0)
    a_run(tmp_path / "a", 2.0, ended=False)
    (tmp_path / "no run").mkdir()
    first, second = listed(tmp_path)
    assert (first["name"], first["status"], first["verdict"], first["epochs"]) == ("b", "done", "well-fitted", 3)
    assert (first["seconds"], first["test"]["accuracy"]["value"]) == (1.5, 0.9)
    assert (second["name"], second["status"], second["data"], second["epochs"]) == ("a", "running", "iris", 3)


def test_a_damaged_run_is_listed_as_damaged_beside_the_others(tmp_path):
    a_run(tmp_path / "a", 1.0)
    (a_run(tmp_path / "b", 2.0).path / "result.json").write_text("{")
    assert [r["status"] for r in sorted(listed(tmp_path), key=lambda r: r["name"])] == ["done", "damaged"]


def test_a_folder_that_is_not_there_is_refused_but_the_usual_one_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert listed() == []
    with pytest.raises(RunError, match="no such folder"):
        listed("nowhere")


def test_compared_runs_show_their_figures_and_only_the_choices_that_differ(tmp_path):
    paths = [a_run(tmp_path / "a", 1.0, **{"training.lr": 0.1}).path, a_run(tmp_path / "b", 2.0, ended=False).path]
    facts = compared(paths)
    assert facts["recipe"] == {"training.lr": [0.1, "auto"]}
    assert facts["verdict"] == ["well-fitted", "running"]
    assert facts["test"]["accuracy"][1] is None


def test_what_is_no_run_cannot_be_compared(tmp_path):
    with pytest.raises(RunError, match="no such folder"):
        compared([a_run(tmp_path / "a", 1.0).path, tmp_path / "b"])


def test_the_tables_hold_every_figure(tmp_path, capsys):
    rows = [a_run(tmp_path / "a", 1.0), a_run(tmp_path / "b", 2.0, ended=False, **{"training.epochs": 3})]
    shown = screen()
    shown.print(*runs_table(listed(tmp_path), shown))
    shown.print(*compared_table(compared([r.path for r in rows]), shown))
    out = capsys.readouterr().out
    for words in ("accuracy 0.9000 [0.8000, 0.9500]", "not ended", "1.5 s", "training.epochs", "test accuracy"):
        assert words in out


@pytest.mark.parametrize(("other", "same"), [({"training.lr": 0.1}, True), ({"data.seed": 7}, False)])
def test_figures_of_different_test_rows_are_said_not_to_be_comparable(tmp_path, capsys, other, same):
    paths = [a_run(tmp_path / "a", 1.0).path, a_run(tmp_path / "b", 2.0, **other).path]
    facts = compared(paths)
    assert facts["same_data"] == same
    shown = screen()
    shown.print(*compared_table(facts, shown))
    assert ("cannot be compared" in capsys.readouterr().out) == (not same)


def test_runs_with_one_recipe_are_said_to_have_one(tmp_path, capsys):
    paths = [a_run(tmp_path / "a", 1.0).path, a_run(tmp_path / "b", 2.0).path]
    shown = screen()
    shown.print(*compared_table(compared(paths), shown))
    assert "The recipes are the same." in capsys.readouterr().out
