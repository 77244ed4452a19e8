"""Likely wrong labels and near-duplicates, on digits with known faults."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from wellfit.verbs.explain.telling import label_errors, near_duplicates, out_of_sample


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order].astype(np.float32), y[order]


def test_most_labels_drawn_anew_are_found_and_few_others(digits):
    x, y = digits[0][:900], digits[1][:900].copy()
    rng = np.random.default_rng(1)
    bad = rng.choice(len(y), 45, replace=False)
    y[bad] = (y[bad] + rng.integers(1, 10, len(bad))) % 10
    rows, seems = label_errors(out_of_sample(x, y, 10), y)
    found = np.isin(rows, bad)
    assert found.sum() > 0.6 * len(bad)
    assert found.mean() > 0.8
    assert found[:15].mean() > 0.9  # the surest first
    assert (seems[found] == digits[1][:900][rows[found]]).mean() > 0.9


def test_what_is_labelled_right_and_surely_known_is_left_alone():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 90)
    sure = np.full((90, 3), 0.05)
    sure[np.arange(90), labels] = 0.9
    assert len(label_errors(sure, labels)[0]) == 0
    sure[4] = np.roll(sure[4], 1)
    rows, seems = label_errors(sure, labels)
    assert rows.tolist() == [4]
    assert seems[0] == sure[4].argmax()


def test_rare_classes_are_not_judged():
    assert out_of_sample(np.zeros((30, 4)), np.r_[np.zeros(27, int), 1, 1, 1], 2) is None


def test_copies_are_found_with_a_little_noise_and_nothing_else(digits):
    train, others = digits[0][:1200], digits[0][1200:]
    assert len(near_duplicates(train, others)[0]) == 0
    noisy = train[:50] + np.random.default_rng(0).normal(0, 0.35, (50, 64)).astype(np.float32)
    places, twins, ratio = near_duplicates(train, np.concatenate([others, noisy]))
    assert sorted(places - len(others)) == list(range(50))
    assert (twins == places - len(others)).all()
    assert (np.diff(ratio) >= 0).all()


def test_pictures_of_many_cells_are_compared_too():
    rng = np.random.default_rng(0)
    train = rng.normal(size=(60, 3, 20, 20))
    places, twins, _ = near_duplicates(train, np.concatenate([rng.normal(size=(20, 3, 20, 20)), train[7:9] + 0.01]))
    assert sorted(places) == [20, 21]
    assert sorted(twins) == [7, 8]
