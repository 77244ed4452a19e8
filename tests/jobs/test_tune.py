"""A search from end to end, small: what it does, what it leaves in its folder, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import wellfit as wf
from wellfit.jobs.tune import seconds, tuned
from wellfit.nouns.errors import DataError, RecipeError, RunError
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.search import open_study
from wellfit.verbs.search.queue import origin

SMALL = {"trials": 4, "workers": 1, "seeds": 2, "search": "random", "epochs": 3, "widths": [8], "lr": 0.01}
SPACE = {"training.l2": {"low": 1e-4, "high": 1e-1, "prior": "log"}, "network.dropout": {"low": 0.0, "high": 0.5}}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    out = tmp_path_factory.mktemp("studies") / "iris"
    return list(tuned("iris", space=SPACE, out=out, **SMALL))


def test_it_tells_what_it_searches_tries_and_proves(found):
    names = [s.name for s in found]
    assert names[:2] == ["data", "check"] or names[0] == "data"
    assert names.count("trial") == 4
    assert names[-2:] == ["recipe", "tuned"]
    assert "dropout 0 to 0.5" in next(s.line for s in found if s.name == "space")


def test_its_folder_holds_space_trials_recipe_and_the_run(found):
    study = found[-1].detail
    trials = json.loads((study.path / "trials.json").read_text())
    assert [t["number"] for t in trials] == [0, 1, 2, 3]
    assert len(list((study.path / "trials").glob("*/recipe.toml"))) == 4
    assert Recipe.read(study.path / "best.toml") == study.recipe
    assert Recipe.read(study.run.path / "recipe.toml").flat() == study.recipe.flat()
    assert json.loads((study.path / "result.json").read_text())["beaten"] is study.beaten
    assert study.run.test["accuracy"]["n"] == 30


def test_the_first_trial_is_the_default_where_it_lies_in_the_space(found):
    study = found[-1].detail
    assert study.trials[0].values == {"training.l2": 0.01, "network.dropout": 0.1}


def test_the_winner_is_never_tested_with_a_seed_that_it_was_chosen_by(found):
    study = found[-1].detail
    for compared in study.comparisons:
        assert study.recipe.training.seed not in range(0, 1000) or not study.beaten
        assert all(seed >= 1000 for seed in compared.seeds)


def test_a_study_that_has_ended_is_not_begun_again(found):
    with pytest.raises(RunError, match="has ended"):
        list(tuned("iris", space=SPACE, out=found[-1].detail.path, **SMALL))


def test_a_search_with_other_data_is_refused_and_a_killed_one_goes_on(tmp_path):
    stages = tuned("iris", space=SPACE, out=tmp_path / "s", **SMALL)
    for stage in stages:
        if stage.name == "trial":
            break
    stages.close()  # as if killed after the first trial
    with pytest.raises(RunError, match="another data"):
        list(tuned("wine", space=SPACE, out=tmp_path / "s", **SMALL))
    study = list(tuned("iris", space=SPACE, out=tmp_path / "s", **SMALL))[-1].detail
    assert len(study.trials) == 4


def test_what_cannot_be_is_refused(tmp_path):
    with pytest.raises(RecipeError, match="one at least"):
        wf.tune("iris", trials=0, out=tmp_path / "a")
    with pytest.raises(DataError, match="no such file"):
        wf.tune("no-such-data", out=tmp_path / "b")
    assert not list(tmp_path.iterdir())
    with pytest.raises(RecipeError, match="10m"):
        seconds("ten")
    assert seconds("2m") == 120
    assert seconds(None) is None


def _until(met, what, process, seconds=240):
    end = time.monotonic() + seconds
    while not met():
        assert process.poll() is None, f"ended while {what}: {process.communicate()[0]}"
        assert time.monotonic() < end, f"no end of {what}"
        time.sleep(0.1)


def test_two_processes_one_of_them_killed_finish_a_study_with_no_trial_lost_or_doubled(tmp_path):
    """The one that began it is killed with SIGKILL in the middle of a trial; the other, started by the same command, ends it."""
    out = tmp_path / "study"
    (tmp_path / "space.toml").write_text('["training.l2"]\nlow = 1e-4\nhigh = 1e-1\nprior = "log"\n')
    words = ["tune", "iris", "--out", str(out), "--trials", "5", "--workers", "1", "--seeds", "1", "--search", "random"]
    words += ["--pruner", "none", "--space", str(tmp_path / "space.toml"), "--set", "training.epochs=60"]
    words += ["network.widths=[8]", "training.lr=0.01", "network.norm=batch"]  # batch norm: trials run one by one
    start = lambda: subprocess.Popen(
        [sys.executable, "-m", "wellfit", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )

    def trials():
        return open_study(None, out, "study").get_trials(deepcopy=False) if out.is_dir() and any(out.iterdir()) else []

    def of(process, state=""):
        mine = [t for t in trials() if f":{process.pid}:" in t.user_attrs.get("worker", "")]
        return [t for t in mine if t.params and state in t.state.name]

    first = start()
    _until(lambda: of(first, "RUNNING"), "waiting for a trial", first)
    os.kill(first.pid, signal.SIGSTOP)  # it lives, and its trial cannot end before it dies
    lost = of(first, "RUNNING")
    second = start()
    _until(lambda: of(second), "waiting for the other", second)
    first.kill()
    first.communicate()
    said, _ = second.communicate(timeout=280)
    assert second.returncode == 0, said
    kept = json.loads((out / "trials.json").read_text())
    assert len(kept) == 5
    ended = [t for t in trials() if t.state.name in ("COMPLETE", "PRUNED")]
    assert len(ended) == len({origin(t) for t in ended}) == 5
    for trial in lost:
        assert trial.params in [t.params for t in ended if origin(t) == trial.number]
