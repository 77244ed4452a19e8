"""Laws of the verdict: one of seven words, right on curves and trainings of each kind, with remedies that fit."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "rules"))

from kinds import KINDS
from trainings import train

from wellfit.nouns.faults import VERDICTS
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Track
from wellfit.verbs.diagnose import diagnose, verdict

CHANCE, SEEDS = 2.3, 40


def curve(name: str, values) -> Track:
    n = len(values)
    return Track(name, np.arange(1, n + 1) * 20, np.arange(1.0, n + 1), np.asarray(values, float))


def curves(train_loss, valid_loss, rng, *, jitter=0.01, error=0.03, n_train=1500, n_valid=300) -> dict:
    """Curves with their jitter, and a shift of the whole validation curve as its sample of rows would have it."""
    noise = lambda size: rng.normal(size=len(train_loss)) * size
    valid_loss = np.asarray(valid_loss) + rng.normal() * error + noise(jitter)
    return {
        "train_loss": curve("train_loss", np.asarray(train_loss) + noise(jitter)),
        "valid_loss": curve("valid_loss", valid_loss),
        "valid_loss_se": curve("valid_loss_se", np.full(len(train_loss), error)),
        "chance_loss": CHANCE,
        "n_train": n_train,
        "n_valid": n_valid,
    }


t = np.linspace(0, 1, 40)
fast = np.exp(-t / 0.08)
DRAWN = {
    "well-fitted": lambda rng: curves(0.1 + 2.1 * fast, 0.25 + 2.0 * fast, rng),
    "underfitted": lambda rng: curves(1.5 + 0.8 * fast, 1.52 + 0.8 * fast, rng),
    "overfitted": lambda rng: curves(0.05 + 2.2 * fast, 0.9 + 1.4 * fast + 0.4 * t, rng),
    "not-learning": lambda rng: curves(CHANCE + 0.02 * fast, CHANCE + 0.05 + 0.02 * fast, rng),
    "unstable": lambda rng: curves(0.4 + 1.9 * fast + 1.5 * (t > 0.6), 0.5 + 1.8 * fast + 1.5 * (t > 0.6), rng),
    "still-improving": lambda rng: curves(2.2 - 1.4 * t, 2.25 - 1.35 * t, rng),
    "too-noisy": lambda rng: curves(0.6 + 1.6 * fast, 0.9 + 1.3 * fast, rng, error=0.6, n_valid=20),
}
"""Verdict -> a maker of curves in the shape that its definition describes."""


@pytest.mark.parametrize("word", VERDICTS)
def test_verdict_on_noisy_curves_of_each_kind_is_right_19_times_in_20(word):
    found = Counter(verdict(DRAWN[word](np.random.default_rng(seed)), []).fault for seed in range(SEEDS))
    assert found[word] >= 0.95 * SEEDS, found


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("well-fitted", "digits, momentum"),
        ("well-fitted", "moons"),
        ("underfitted", "moons, 1 unit"),
        ("overfitted", "digits, 60 rows"),
        ("not-learning", "digits, 200 rows, labels shuffled"),
        ("unstable", "friedman, SGD at rate 1"),
        ("unstable", "digits, Adam at rate 0.1"),
        ("still-improving", "digits, 4 epochs"),
        ("too-noisy", "breast cancer, 10 validation rows"),
    ],
)
def test_verdict_on_a_real_training_of_each_kind_is_right(word, name):
    have = train(compare=True, **KINDS[word][name])
    found = verdict(have, diagnose(have))
    assert found.fault == word, found
    assert found.stage == "verdict"
    assert any(c.isdigit() for c in found.summary)
    assert bool(found.remedy) == (word != "well-fitted")


def outputs(rng, skill_train, skill_valid, n_train=1000, n_valid=400) -> dict:
    """Regression answers with about these skills (R²)."""
    found = {"task": "regression", "chance_loss": 1.0}
    for part, skill, n in (("train", skill_train, n_train), ("valid", skill_valid, n_valid)):
        truth = rng.normal(size=(n, 1))
        found |= {f"{part}_truth": truth, f"{part}_outputs": truth + rng.normal(size=(n, 1)) * np.sqrt(1 - skill)}
    return found


def test_a_small_gap_that_is_certain_is_well_fitted_with_a_note():
    have = outputs(np.random.default_rng(0), 0.95, 0.85)
    found = verdict(have, [])
    assert found.fault == "well-fitted"
    assert "does not carry over" in found.summary


def test_noisy_data_that_a_forest_learns_no_better_are_well_fitted():
    rng = np.random.default_rng(1)
    have = outputs(rng, 0.4, 0.4)
    assert verdict(have, []).fault == "underfitted"
    have["valid_reference"] = have["valid_truth"] + rng.normal(size=(400, 1)) * np.sqrt(1 - 0.38)
    assert verdict(have, []).fault == "well-fitted"


def test_a_fit_that_a_forest_clearly_beats_is_underfitted():
    rng = np.random.default_rng(2)
    have = outputs(rng, 0.7, 0.7)
    have["valid_reference"] = have["valid_truth"] + rng.normal(size=(400, 1)) * np.sqrt(1 - 0.85)
    assert verdict(have, []).fault == "underfitted"


def test_a_blow_up_that_was_got_over_is_no_verdict():
    rng = np.random.default_rng(3)
    loss = np.concatenate([[1.0, 50, 60, 40], np.full(36, 0.2)])
    have = outputs(rng, 0.9, 0.85) | {"train_loss": curve("train_loss", loss), "valid_loss": curve("valid_loss", loss)}
    assert verdict(have, []).fault == "well-fitted"
    assert verdict(have | outputs(rng, 0.3, 0.3), []).fault == "unstable"


ODD = {
    "nothing": {},
    "one epoch": {
        "train_loss": curve("train_loss", [1.0]),
        "valid_loss": curve("valid_loss", [1.1]),
        "chance_loss": 2.3,
    },
    "no number at all": {"train_loss": curve("t", [np.nan]), "valid_loss": curve("v", [np.nan]), "chance_loss": 2.3},
    "no chance": {"train_loss": curve("t", [1.0, 0.5]), "valid_loss": curve("v", [1.0, 0.5])},
    "chance of zero": {"train_loss": curve("t", [1.0, 0.5]), "valid_loss": curve("v", [1.0, 0.5]), "chance_loss": 0.0},
    "empty curves": {"train_loss": curve("t", []), "valid_loss": curve("v", []), "chance_loss": 1.0},
    "outputs not finite": {
        **{
            "task": "regression",
            "chance_loss": 1.0,
            "train_truth": np.zeros((30, 1)),
            "valid_truth": np.zeros((30, 1)),
        },
        **{"train_outputs": np.full((30, 1), np.nan), "valid_outputs": np.full((30, 1), np.nan)},
    },
    "one validation row": outputs(np.random.default_rng(0), 0.9, 0.9, 20, 1),
    "constant truth": {
        **{"task": "regression", "train_truth": np.ones((30, 1)), "valid_truth": np.ones((30, 1))},
        **{"train_outputs": np.ones((30, 1)), "valid_outputs": np.ones((30, 1))},
    },
}


@pytest.mark.parametrize("name", ODD)
def test_verdict_is_one_of_seven_words_whatever_was_measured(name):
    with np.errstate(all="raise"):
        found = verdict(ODD[name], diagnose(ODD[name]))
    assert found.fault in VERDICTS
    assert 0 <= found.confidence <= 1


def test_what_is_in_place_is_not_advised_again():
    have = outputs(np.random.default_rng(0), 0.95, 0.5)
    bare = {
        "training.optimizer": "adamw",
        "training.l2": 0.0,
        "training.patience": 0,
        "network.dropout": 0.0,
        "network.widths": (64,),
    }
    held = bare | {"training.l2": 0.3, "training.patience": 10, "network.dropout": 0.5}
    assert all(
        word in verdict({**have, "recipe": bare}, []).remedy for word in ("data", "dropout", "L2", "early stopping")
    )
    assert not any(word in verdict({**have, "recipe": held}, []).remedy for word in ("dropout", "L2", "early stopping"))


def test_pictures_are_advised_augmentation_and_tables_are_not():
    have = outputs(np.random.default_rng(0), 0.95, 0.5)
    assert "augmentation" in verdict({**have, "kind": "pictures"}, []).remedy
    assert "augmentation" not in verdict({**have, "kind": "table"}, []).remedy


def test_remedy_that_a_rule_proved_comes_first():
    have = outputs(np.random.default_rng(0), 0.3, 0.3) | {"recipe": {"network.dropout": 0.1, "network.widths": (64,)}}
    proof = Finding(
        "lr-too-low", "warning", "The step size is too small.", remedy="a higher rate", change={"training.lr": 0.1}
    )
    found = verdict(have, [proof])
    assert found.remedy.startswith("a higher rate; ")
    assert found.change == {"training.lr": 0.1}


def test_not_learning_blames_the_training_only_where_a_forest_learns():
    rng = np.random.default_rng(4)
    have = outputs(rng, 0.0, 0.0)
    for part in ("train", "valid"):
        have[f"{part}_outputs"] = np.zeros_like(have[f"{part}_truth"])
    have["recipe"] = {"training.lr": 1e-3}
    assert verdict(have, []).remedy.startswith("see whether the labels")
    have["valid_reference"] = have["valid_truth"] + 0.5 * rng.normal(size=(400, 1))
    assert "labels" not in verdict(have, []).remedy
    assert "rate" in verdict(have, []).remedy


@pytest.mark.parametrize(
    ("value", "rival", "lower", "severity"),
    [(2.0, 1.0, True, "warning"), (1.0, 1.02, True, "info"), (1.0, 2.0, True, None), (0.5, 0.7, False, "warning"),
     (0.9, 0.5, False, None), (0.9, float("nan"), False, None)],
)  # fmt: skip
def test_a_network_that_does_not_beat_its_trivial_rival_is_told_so(value, rival, lower, severity):
    merit = {"value": value, "low": value - 0.05, "high": value + 0.05, "unit": "K", "n": 40}
    have = {"test_metrics": {"RMSE": merit | {"baseline": rival, "lower": lower}}, "baseline": "persistence"}
    found = [f for f in diagnose(have) if f.fault == "rival-not-beaten"]
    assert [f.severity for f in found] == ([severity] if severity else [])
    assert all("persistence" in f.summary for f in found)
