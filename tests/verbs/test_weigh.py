"""What a search found, in words: the axis that matters is named, with where it is best; luck is taken off."""

from __future__ import annotations

import numpy as np
import pytest

from wellfit.nouns.attempt import Attempt, best_of
from wellfit.nouns.space import Space
from wellfit.verbs.weigh import axes, luck, sentence

SPACE = Space.of({
    "training.lr": {"low": 1e-4, "high": 1e-1, "prior": "log"},
    "network.dropout": {"low": 0.0, "high": 0.8},
    "network.activation": ["relu", "tanh"],
})  # fmt: skip


def attempts(n: int) -> list[Attempt]:
    draw = np.random.default_rng(0)
    values = [
        {"training.lr": float(10 ** draw.uniform(-4, -1)), "network.dropout": float(draw.uniform(0, 0.8)),
         "network.activation": str(draw.choice(["relu", "tanh"]))}
        for _ in range(n)
    ]  # fmt: skip
    loss = lambda v: 0.1 + (np.log10(v["training.lr"]) + 2) ** 2
    return [Attempt(k, v, float(loss(v)), whole=k % 3 > 0) for k, v in enumerate(values)]


def test_the_axis_that_matters_is_named_with_where_it_is_best():
    weights = axes(attempts(40), SPACE)
    assert weights[0].axis.key == "training.lr"
    assert weights[0].share > 0.8
    assert weights[0].low > 2e-3
    assert weights[0].high < 6e-2
    assert sum(w.share for w in weights) == pytest.approx(1)
    said = sentence(weights, 40)
    assert said.startswith("lr matters most")
    assert "dropout and activation do not matter" in said or "activation and dropout do not matter" in said


def test_of_too_few_trials_nothing_is_said():
    assert axes(attempts(5), SPACE) == []
    assert sentence([], 5) == "5 trials are too few to say which choice matters"


def test_only_a_whole_trial_can_be_the_best_and_what_is_written_can_be_read():
    found = [Attempt(0, {}, 0.1, whole=False, why="behind"), Attempt(1, {}, 0.3), Attempt(2, {}, float("nan"))]
    assert best_of(found) is found[1]
    assert best_of(found[:1]) is None
    assert Attempt.from_dict(found[0].to_dict()) == found[0]


def test_the_luck_of_the_best_is_what_fresh_seeds_take_back():
    curse = luck(0.10, [0.13, 0.15, 0.14], [0.2, 0.2, 0.2], 50)
    assert curse is not None
    assert curse.keeps
    assert "0.040 of it was the luck of the best" in curse.words
    assert curse.interval == pytest.approx((0.14 - 0.02484, 0.14 + 0.02484), abs=1e-4)
    worse = luck(0.10, [0.3], [0.2], 50)
    assert worse is not None
    assert not worse.keeps
    assert luck(0.1, [], [], 3) is None
