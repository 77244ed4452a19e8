"""The page of a search: everything of it is there, nothing of the user's runs, and it needs no network."""

from __future__ import annotations

from wellfit.nouns.attempt import Attempt
from wellfit.nouns.comparison import Comparison
from wellfit.nouns.space import Space
from wellfit.verbs.report import study_page
from wellfit.verbs.weigh import Luck

SPACE = Space.of({"training.lr": {"low": 1e-3, "high": 1e-1, "prior": "log"}, "network.activation": ["relu", "tanh"]})


def facts(**more):
    trials = [
        Attempt(0, {"training.lr": 0.01, "network.activation": "relu"}, 0.5, {1: 0.7, 2: 0.5}),
        Attempt(1, {"training.lr": 0.1, "network.activation": "tanh"}, 0.9, {1: 0.9}, whole=False, why="lr-too-high",
                finding={"fault": "lr-too-high", "summary": "The step size is too large."}),
    ]  # fmt: skip
    luck = Luck(0.5, (0.6, 0.62), (0.7, 0.71), 2)
    compared = Comparison("accuracy", "default", (1000, 1001), (0.9, 0.91), (0.8, 0.82))
    held = {"name": "<b>mine</b>", "summary": "A better recipe.", "trials": trials, "space": SPACE, "luck": luck,
            "importance": [("lr", 0.9), ("activation", 0.1)], "comparisons": [compared], "recipe": "[training]\nlr = 0.01\n",
            "changes": [("training.lr", "0.002", "0.01")]}  # fmt: skip
    return held | more


def test_it_holds_proof_curves_trials_and_recipe_and_escapes_what_is_the_users(tmp_path):
    text = study_page(tmp_path, facts()).read_text()
    for word in ("0.9100", "The step size is too large.", "luck of the best", "What matters", "lr = 0.01", "best.toml"):
        assert word in text
    assert "<b>mine</b>" not in text
    assert "<script" not in text
    assert text.count("<svg") == 3


def test_a_search_whose_default_stood_says_that_there_was_nothing_to_prove(tmp_path):
    text = study_page(tmp_path, facts(luck=None, comparisons=[], changes=[], importance=[])).read_text()
    assert "nothing to prove" in text
