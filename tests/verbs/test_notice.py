"""What is wrong already while training goes on: said once, in the run's folder too, and cheaply."""

from __future__ import annotations

import pytest

from wellfit.jobs.fit import story
from wellfit.nouns.run import Run
from wellfit.verbs import notice

WILD = {"network.name": "dense", "network.widths": [8], "training.optimizer": "adamw", "training.lr": 3.0}
WILD |= {"training.epochs": 30, "training.patience": 0, "training.schedule": "constant"}


@pytest.fixture
def generous(monkeypatch):
    """As much time as it takes: it is asked at the end of each epoch."""
    monkeypatch.setattr(notice, "BUDGET_FRAC", 1e9)


def told(folder, **choices) -> tuple[list, list]:
    """(faults noticed while training, what findings.json held of the training when the first was)"""
    noticed, written = [], []
    for stage in story("iris", out=folder, force=True, **choices):
        if stage.name == "noticed":
            noticed.append(stage.detail.fault)
            written += [f.fault for f in Run(folder).findings if f.stage == "training"] if not written else []
        if stage.name == "verdict":
            break
    return noticed, written


def test_a_fault_is_noticed_while_training_goes_on_and_written_down_at_once(tmp_path, generous):
    noticed, written = told(tmp_path / "wild", **WILD)
    assert noticed.count("lr-too-high") == 1
    assert written == noticed[:1]


def test_nothing_is_noticed_in_a_healthy_training(tmp_path, generous):
    assert told(tmp_path / "well", **{**WILD, "training.lr": 0.02, "training.epochs": 10}) == ([], [])


def test_readings_are_kept_as_the_runs_own_curves(tmp_path, generous, monkeypatch):
    seen = {}
    monkeypatch.setattr(notice, "skill_of", lambda have: seen.update(have))
    told(tmp_path / "run", **{**WILD, "training.epochs": 3, "training.lr": 0.02})
    curves = Run(tmp_path / "run").curves
    for name in ("loss", "valid_loss", "grad_norm"):
        ours, theirs = seen[name], curves[name]
        pairs = [(ours[w], theirs[w]) for w in theirs] if isinstance(theirs, dict) else [(ours, theirs)]
        for a, b in pairs:
            assert a.values.tolist() == b.values[: len(a)].tolist()
            assert a.steps.tolist() == b.steps[: len(a)].tolist()
            assert len(a)
    assert len(seen["valid_loss"]) > 1


def test_it_is_not_asked_beyond_its_share_of_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(notice, "BUDGET_FRAC", 0.0)
    asked = []
    monkeypatch.setattr(notice, "skill_of", lambda have: asked.append(1))
    told(tmp_path / "wild", **WILD)
    assert len(asked) == 1  # what it costs is known only then
