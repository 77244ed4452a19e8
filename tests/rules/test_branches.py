"""What a rule sees that its pair of trainings does not show, on drawn readings."""

from __future__ import annotations

import numpy as np
import pytest

from wellfit.nouns.reading import Track
from wellfit.nouns.shelf import get
from wellfit.nouns.skill import skill_of


def track(values, name="t", every=10):
    n = len(values)
    return Track(name, np.arange(n) * every, np.arange(1.0, n + 1), np.asarray(values, float))


STUCK = {"train_loss": track(np.full(20, 1.0)), "chance_loss": 1.0}
LEARNT = {"train_loss": track(np.linspace(1, 0.05, 20)), "chance_loss": 1.0}


def skilled(train, valid, seed=0):
    rng = np.random.default_rng(seed)
    have = {"task": "regression"}
    for part, skill in (("train", train), ("valid", valid)):
        truth = rng.normal(size=(600, 1))
        have |= {f"{part}_truth": truth, f"{part}_outputs": truth + rng.normal(size=(600, 1)) * np.sqrt(1 - skill)}
    return skill_of(have)


@pytest.mark.parametrize("kind", ["dead_frac", "saturated_frac"])
def test_units_that_die_or_saturate_on_the_way_are_told_while_something_is_left_to_learn(kind):
    rule, rising = get("rules", "activation_unsuitable"), {"2": track(np.linspace(0.1, 1, 30))}
    found = rule(**STUCK, **{kind: rising})
    assert found is not None
    assert found.readings[0].where == "2"
    assert rule(**LEARNT, **{kind: rising}) is None
    assert rule(**STUCK, **{kind: {"2": track(np.full(30, 1.0))}}) is None  # so from the first step: weights or inputs
    assert rule(**STUCK, **{kind: {"2": track(np.linspace(0.1, 0.5, 30))}}) is None


def test_units_killed_by_huge_updates_are_left_to_the_rule_on_the_rate():
    dying, huge = {"2": track(np.linspace(0.1, 1, 30))}, {"0": track([0.5] * 3 + [1e-4] * 27)}
    assert get("rules", "activation_unsuitable")(**STUCK, dead_frac=dying, update_ratio=huge) is None
    found = get("rules", "lr_too_high")(**STUCK, update_ratio=huge)
    assert found is not None
    assert "0.50 of the weights" in found.evidence


def test_weights_that_start_too_large_or_too_small_are_told():
    rule = get("rules", "init_unsuitable")
    large = rule(loss=track([50.0, 20, 5]), **STUCK)
    small = rule(
        loss=track([1.0, 1, 1]), **STUCK, activation_std={"0": track([1.0]), "2": track([0.01]), "4": track([1e-5])}
    )
    assert large is not None
    assert small is not None
    assert "too large" in large.summary
    assert "too small" in small.summary
    assert rule(loss=track([1.2, 1, 1]), **STUCK, activation_std={"0": track([1.0]), "2": track([0.5])}) is None


def test_weights_that_a_penalty_shrinks_are_told_and_those_that_stay_are_not():
    rule = get("rules", "regularization_too_strong")
    have = {"skill": skilled(0.3, 0.3), "valid_loss": track(np.full(20, 0.8)), **STUCK, "recipe": {"training.l2": 0.1}}
    shrinking, kept = ({"0": track(np.linspace(8, end, 20))} for end in (1, 7))
    found = rule(**have, weight_norm=shrinking)
    assert found is not None
    assert found.change == {"training.l2": pytest.approx(0.01)}
    assert rule(**have, weight_norm=kept) is None
    assert rule(**have | {"recipe": {"training.l2": 0.0}}, weight_norm=shrinking) is None
    assert rule(**have | {"skill": skilled(0.95, 0.95)}, weight_norm=shrinking) is None


def test_gradient_that_is_no_number_after_ordinary_steps_wants_clipping():
    rule = get("rules", "gradient_clipping_missing")
    loss = track([1.0] * 8 + [np.nan])
    gradient = {"0": track([1.0] * 8 + [np.inf])}
    found = rule(track([1.0]), 1.0, gradient, loss=loss, update_ratio={"0": track([1e-3] * 9)})
    assert found is not None
    assert found.step == 80
    assert rule(track([1.0]), 1.0, gradient, loss=loss, update_ratio={"0": track([0.5] * 9)}) is None
    assert rule(track([1.0]), 1.0, gradient, loss=loss, recipe={"training.clip": 1.0}) is None


def test_a_straight_slow_fall_is_a_rate_too_low_and_a_quick_one_is_not():
    rule, tiny = get("rules", "lr_too_low"), {"0": track(np.full(30, 2e-5))}
    straight = track(np.linspace(2, 1.5, 30))
    found = rule(straight, 1.0, tiny, recipe={"training.lr": 1e-5})
    assert found is not None
    assert found.change == {"training.lr": pytest.approx(1e-3)}
    assert rule(straight, 1.0, {"0": track(np.full(30, 1e-3))}) is None
    assert rule(track(1 + np.exp(-np.arange(30.0))), 1.0, tiny) is None  # levelled out


def test_a_rare_class_is_missed_only_where_it_is_never_answered():
    rule = get("rules", "class_imbalance")
    truth = np.repeat([0, 1, 2], [300, 300, 20])
    never = np.eye(3)[np.where(truth == 2, 1, truth)]
    have = {
        "task": "classification",
        "train_truth": truth,
        "valid_truth": truth,
        "train_outputs": never,
        "valid_outputs": never,
    }
    arguments = {k: have[k] for k in ("task", "train_truth", "train_outputs", "valid_outputs")}
    found = rule(**arguments, skill=skill_of(have), classes=("a", "b", "rare"))
    assert found is not None
    assert "'rare' (20 of 620 training rows)" in found.evidence
    once = never.copy()
    once[-1] = [0, 0, 1]
    assert rule(**arguments | {"train_outputs": once}, skill=skill_of(have)) is None
    assert rule(**arguments, skill=skill_of(have), recipe={"training.class_weights": "balanced"}) is None


def test_inputs_as_they_are_do_no_harm_where_the_network_keeps_up_with_a_forest():
    rule, raw = get("rules", "inputs_unscaled"), np.random.default_rng(0).normal(size=(50, 2)) * [1, 1000]
    assert rule("none", raw, skilled(0.8, 0.8)) is None
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(600, 1))
    poor = {
        "task": "regression",
        "train_truth": truth,
        "train_outputs": truth * 0,
        "valid_truth": truth,
        "valid_outputs": truth * 0,
    }
    short = skill_of({**poor, "valid_reference": truth + 0.3 * rng.normal(size=(600, 1))})
    assert rule("none", raw, short) is not None
    assert rule("standardise", raw, short) is None
    assert rule("none", raw / [1, 1000], short) is None
    assert rule("none", raw.astype(str), short) is None
