"""Laws of `check`: every check of the shelf, one by one, within a budget, never a crash."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest
import torch
from torch import nn

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.verbs import check as room
from wellfit.verbs.build import build
from wellfit.verbs.check import check
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose

CHOICES = {"data.source": "digits", "network.widths": (16, 16), "training.epochs": 3, "training.lr": 1e-3}


@pytest.fixture(scope="module", params=["dense", "conv"])
def digits(request) -> Case:
    given = Recipe.of({**CHOICES, "network.name": request.param})
    data = load("digits", given.data)
    return build(propose(given, data)[0], data)


def test_digits_passes_every_check(digits: Case):
    found = list(check(digits, budget_s=60.0))
    assert {f.fault for f in found} == {w.replace("_", "-") for w in shelf.names("checks") if w != "causal"}
    assert {f.severity for f in found} == {"ok"}, found


def test_findings_come_one_by_one(digits: Case):
    assert inspect.isgenerator(check(digits, budget_s=60.0))
    assert next(check(digits, budget_s=60.0)).stage == "check"


def test_checks_that_train_come_last(digits: Case):
    order = [f.fault for f in check(digits, budget_s=60.0)]
    assert order[-2:] == ["inputs-matter", "tiny-batch"]


def test_without_time_trials_are_cut_short_and_accuse_nobody(digits: Case):
    found = {f.fault: f for f in check(digits, budget_s=1e-9)}
    assert found["tiny-batch"].severity == found["inputs-matter"].severity == "info"


def test_the_budget_grows_with_the_training(digits: Case, monkeypatch):
    asked = []
    monkeypatch.setattr(room, "_carry_out", lambda word, function, case, within_s: asked.append(within_s))
    monkeypatch.setattr(room, "_training_s", lambda case: 1000.0)
    list(check(digits))
    assert 80 < asked[-1] <= 100  # a tenth, all of it left to the last
    asked.clear()
    monkeypatch.setattr(room, "_training_s", lambda case: 1.0)
    list(check(digits))
    assert 4 < asked[-1] <= 5


def test_a_network_that_refuses_is_a_warning_and_no_crash(digits: Case):
    class Refuses(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(1, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("I take batches of 7 only\nand more words")

    found = list(check(replace(digits, network=Refuses()), budget_s=5.0))
    failed = [f for f in found if f.severity == "warning"]
    assert len(failed) >= 6
    assert all("I take batches of 7 only" in f.evidence and "more words" not in f.evidence for f in failed)


def test_a_plug_in_of_the_users_is_carried_out_too(digits: Case, tmp_path):
    file = tmp_path / "my_own_check.py"
    file.write_text(
        "from wellfit.nouns.finding import Finding\n"
        "def my_own_check(case):\n    return Finding('my-own-check', 'ok', 'fine', stage='check')\n"
    )
    word = shelf.add("checks", file)
    try:
        assert "my-own-check" in {f.fault for f in check(digits, budget_s=1e-9)}
    finally:
        shelf._added["checks"].pop(word)
        shelf.module.cache_clear()
