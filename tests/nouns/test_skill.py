"""Laws of skill: one scale for all tasks, with honest intervals."""

from __future__ import annotations

import numpy as np
import pytest

from wellfit.nouns.skill import skill_of


def regression(rng, n=200, noise=0.5, n_train=300):
    found = {"task": "regression"}
    for part, size in (("train", n_train), ("valid", n)):
        truth = rng.normal(size=(size, 1)) * 7 + 30
        found |= {f"{part}_truth": truth, f"{part}_outputs": truth + noise * 7 * rng.normal(size=(size, 1))}
    return found


def test_skill_of_values_is_r2_against_the_training_mean():
    have = regression(np.random.default_rng(0))
    skill = skill_of(have)
    truth, guess = have["valid_truth"], have["valid_outputs"]
    r2 = 1 - ((guess - truth) ** 2).sum() / ((truth - have["train_truth"].mean()) ** 2).sum()
    assert skill is not None
    assert skill.valid.value == pytest.approx(r2)
    assert skill.valid.low < r2 < skill.valid.high


def test_skill_of_classes_is_the_brier_skill_score():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 500)
    p = rng.dirichlet(np.ones(3), 500)
    have = {
        "task": "classification",
        "train_truth": truth,
        "train_outputs": p,
        "valid_truth": truth,
        "valid_outputs": p,
    }
    shares = np.bincount(truth) / 500
    one_hot = np.eye(3)[truth]
    brier = 1 - ((p - one_hot) ** 2).sum() / ((shares - one_hot) ** 2).sum()
    skill = skill_of(have)
    assert skill is not None
    assert skill.train.value == pytest.approx(brier)
    assert skill.lost.value == pytest.approx(0)


@pytest.mark.parametrize(("answer", "value"), [("constant", 0.0), ("perfect", 1.0)])
def test_skill_is_0_for_the_constant_answer_and_1_for_a_perfect_one(answer, value):
    rng = np.random.default_rng(2)
    truth = (rng.random((400, 4)) < [0.1, 0.3, 0.5, 0.8]).astype(float)
    out = truth if answer == "perfect" else np.tile(truth.mean(0), (400, 1))
    have = {
        "task": "multilabel",
        "train_truth": truth,
        "train_outputs": out,
        "valid_truth": truth,
        "valid_outputs": out,
    }
    skill = skill_of(have)
    assert skill is not None
    assert skill.valid.value == pytest.approx(value)


def test_targets_count_alike_whatever_their_units():
    have = regression(np.random.default_rng(3))
    scaled = {k: np.concatenate([v, v * 1000], 1) if k != "task" else v for k, v in have.items()}
    one, two = skill_of(have), skill_of(scaled)
    assert one is not None
    assert two is not None
    assert two.valid.value == pytest.approx(one.valid.value)


def test_weighted_classes_count_alike_in_the_skill():
    rng = np.random.default_rng(4)
    truth = (rng.random(2000) < 0.02).astype(int)
    p = np.stack([1 - 0.8 * truth - 0.1, 0.8 * truth + 0.1], 1)  # finds the rare class, says 0.1 for all others
    have = {
        "task": "classification",
        "train_truth": truth,
        "train_outputs": p,
        "valid_truth": truth,
        "valid_outputs": p,
    }
    balanced = skill_of({**have, "recipe": {"training.class_weights": "balanced"}})
    given = skill_of({**have, "recipe": {"training.class_weights": tuple(1 / np.bincount(truth))}})
    plain = skill_of(have)
    assert balanced is not None
    assert given is not None
    assert plain is not None
    assert balanced.valid.value == pytest.approx(0.96)  # error 2 * 0.1², against 2 * 0.5²
    assert given.valid.value == pytest.approx(0.96)
    assert plain.valid.value < 0.6


def test_intervals_hold_the_true_skill_about_95_times_in_100():
    rng, held = np.random.default_rng(5), 0
    for _ in range(100):
        skill = skill_of(regression(rng, n=100, noise=0.5))
        assert skill is not None
        held += skill.valid.low <= 0.75 <= skill.valid.high
    assert 0.88 <= held / 100 <= 0.99


def test_gap_is_proved_where_there_is_one_and_rarely_where_there_is_none():
    rng = np.random.default_rng(6)
    none = [skill_of(regression(rng, n=100)) for _ in range(60)]
    assert sum(s is not None and not s.gap.low <= 0 <= s.gap.high for s in none) <= 7
    have = regression(rng) | {"train_outputs": (h := regression(rng))["train_truth"], "train_truth": h["train_truth"]}
    skill = skill_of(have)
    assert skill is not None
    assert skill.gap.low > 0
