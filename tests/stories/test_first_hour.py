"""The first hour with wellfit, from the shell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

QUICK = [
    "--set",
    "training.epochs=2",
    "training.lr=0.01",
    "training.batch_size=32",
    "network.name=dense",
    "network.widths=[32]",
]
KEEPS = [
    "watch.checkpoint_s=0.02",
    "network.name=dense",
    "network.widths=[16]",
    "training.batch_size=8",
    "training.lr=0.01",
]
PATIENCE_S = 60  # for what another process is doing; far more than it takes


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONUTF8": "1"}


def start(*words: str, cwd: Path) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "wellfit", *words],
        cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


def wellfit(*words: str, cwd: Path) -> tuple[int, str, str]:
    """(exit status, standard output, standard error)"""
    process = start(*words, cwd=cwd)
    out, err = process.communicate()
    return process.returncode, out, err


def wait_for(file: Path, process: subprocess.Popen) -> None:
    """Until a running process has written `file`."""
    begun = time.monotonic()
    while not file.is_file():
        if process.poll() is not None or time.monotonic() - begun > PATIENCE_S:
            pytest.fail(f"{file.name} was not written: {process.communicate()[1]}")
        time.sleep(0.005)


@pytest.fixture(scope="module")
def hour(tmp_path_factory) -> Path:
    """A folder in which `wellfit fit digits` has been run for two epochs, as runs/first; its JSON is first.json."""
    cwd = tmp_path_factory.mktemp("hour")
    status, out, err = wellfit("fit", "digits", *QUICK, "--out", "runs/first", "--json", cwd=cwd)
    assert (status, err) == (0, "")
    (cwd / "first.json").write_text(out)
    return cwd


def test_a_fit_ends_with_verdict_test_figure_and_report_in_one_json_document(hour):
    told = json.loads((hour / "first.json").read_text())
    accuracy = told["test"]["accuracy"]
    assert told["status"] == "done"
    assert 0.3 < accuracy["low"] < accuracy["value"] < accuracy["high"] <= 1
    assert {"data", "inputs", "network", "check", "verdict", "test"} == {s["stage"] for s in told["stages"]}
    page = (hour / told["report"]).read_text(encoding="utf-8")
    assert page.lstrip().lower().startswith("<!doctype html")
    assert f"{told['run']}/report.html" == told["report"]


def test_a_runs_folder_holds_plain_files_and_nothing_half_written(hour):
    names = {p.name for p in (hour / "runs/first").iterdir()}
    assert names >= {"recipe.toml", "environment.json", "readings.jsonl", "findings.json", "result.json", "report.html"}
    assert not [n for n in names if n.startswith(".")]


def test_the_recipe_that_is_printed_is_the_recipe_that_was_run(hour):
    status, out, err = wellfit("recipe", "digits", *QUICK, cwd=hour)
    assert (status, err) == (0, "")
    (hour / "mine.toml").write_text(out, encoding="utf-8")
    status, out, _ = wellfit("fit", "digits", "--recipe", "mine.toml", "--out", "runs/second", cwd=hour)
    assert status == 0
    assert out.splitlines()[-1] == "report    runs/second/report.html"
    first, second = (load_file(hour / "runs" / n / "model.safetensors") for n in ("first", "second"))
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[k], second[k]) for k in first)
    status, out, _ = wellfit("runs", "runs/first", "runs/second", cwd=hour)
    assert status == 0
    assert "The recipes are the same." in out


def test_runs_are_listed_with_their_verdict_and_figure(hour):
    status, out, _ = wellfit("runs", "--json", cwd=hour)
    told = json.loads((hour / "first.json").read_text())
    first = next(r for r in json.loads(out) if r["name"] == "first")
    assert status == 0
    assert (first["status"], first["verdict"], first["epochs"]) == ("done", told["verdict"], 2)
    assert first["test"]["accuracy"] == told["test"]["accuracy"]


def test_predictions_of_the_test_rows_have_the_accuracy_that_was_reported(hour):
    from wellfit.nouns.run import Run
    from wellfit.verbs.load import load

    status, out, _ = wellfit("predict", "runs/first", "digits", "--out", "p.csv", cwd=hour)
    assert (status, out) == (0, "1,797 predictions written to p.csv\n")
    answers = pd.read_csv(hour / "p.csv")
    assert np.allclose(answers.filter(like="p(").sum(axis=1), 1, atol=1e-5)
    data = load("digits", Run.open(hour / "runs/first").recipe.data)
    right = answers["prediction"].to_numpy()[data.test.rows] == data.raw.targets[data.test.rows]
    told = json.loads((hour / "first.json").read_text())
    assert right.mean() == pytest.approx(told["test"]["accuracy"]["value"], abs=1e-12)


def test_a_report_is_written_anew_from_the_folder_alone(hour):
    page = hour / "runs/first/report.html"
    page.unlink()
    status, out, _ = wellfit("report", "runs/first", cwd=hour)
    assert (status, out) == (0, "runs/first/report.html\n")
    assert page.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fit", "--sett", "a=1"), "Did you mean --set?"),
        (("fit", "nothing.csv"), "nothing.csv"),
        (("fit", "digits", "--set", "training.lr=-1"), "training.lr = -1"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing_behind(tmp_path, words, said):
    status, out, err = wellfit(*words, cwd=tmp_path)
    assert (status, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) <= 3
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_a_killed_run_goes_on_and_ends_bit_for_bit_where_the_unbroken_one_does(tmp_path):
    words = ["fit", "iris", "--set", "training.epochs=60", "network.dropout=0.2", *KEEPS]
    status, _, _ = wellfit(*words, "--out", "whole", cwd=tmp_path)
    assert status == 0
    killed = start(*words, "--out", "killed", cwd=tmp_path)
    wait_for(tmp_path / "killed/checkpoint.safetensors", killed)
    killed.kill()
    killed.communicate()
    assert not (tmp_path / "killed/result.json").exists()
    status, out, _ = wellfit("resume", "killed", cwd=tmp_path)
    assert status == 0
    assert "goes on in epoch" in out.splitlines()[0]
    whole, resumed = (load_file(tmp_path / n / "model.safetensors") for n in ("whole", "killed"))
    assert all(np.array_equal(whole[k], resumed[k]) for k in whole)
    results = [json.loads((tmp_path / n / "result.json").read_text()) for n in ("whole", "killed")]
    assert results[0]["test"] == results[1]["test"]
    assert wellfit("resume", "killed", cwd=tmp_path)[:2] == (
        0,
        f"resumed   killed has ended: {results[0]['verdict']}; nothing is left to do\n",
    )


def test_ctrl_c_ends_a_training_with_its_best_weights_verdict_and_report(tmp_path):
    words = ["fit", "iris", "--set", "training.epochs=1000000", "training.patience=0", *KEEPS]
    stopped = start(*words, "--out", "run", cwd=tmp_path)
    wait_for(tmp_path / "run/checkpoint.safetensors", stopped)
    stopped.send_signal(signal.SIGINT)
    out, err = stopped.communicate()
    assert (stopped.returncode, err) == (130, "")
    assert "stopped by you at epoch" in out
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["status"] == "interrupted"
    assert result["verdict"]
    assert (tmp_path / "run/report.html").is_file()
    status, out, _ = wellfit("predict", "run", "iris", cwd=tmp_path)
    assert status == 0
    assert len(out.splitlines()) == 151
