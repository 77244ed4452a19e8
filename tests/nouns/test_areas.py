"""Dice and IoU equal scikit-learn's (and torchmetrics'), picture by picture; Otsu's threshold its definition."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score

from wellfit.nouns.areas import Areas, areas_of, threshold
from wellfit.nouns.task import UNKNOWN, Judged

RNG = np.random.default_rng(0)
C, P = 3, 7


def judged() -> Judged:
    truth = RNG.integers(0, C, (P, 12, 10))
    truth[:, 0] = UNKNOWN
    truth[2][truth[2] == 2] = 1
    answers = RNG.dirichlet(np.ones(C), (P, 12, 10)).transpose(0, 3, 1, 2) + 0.5 * np.moveaxis(
        np.eye(C)[truth.clip(0)], -1, 1
    )
    part = SimpleNamespace(rows=np.arange(P))
    data = SimpleNamespace(test=part, raw=SimpleNamespace(tiles=None))
    return Judged(answers, truth, data, "test", np.arange(P))  # type: ignore[arg-type]


def whole(areas: Areas):
    return np.full((1, P), 1 / P), np.arange(P)


def test_dice_is_the_f1_of_cells():
    j = judged()
    found = areas_of(j).dice([0, 1, 2])
    for k in range(P):
        there = j.truth[k] >= 0
        true, said = j.truth[k][there], j.answers[k].argmax(0)[there]
        classes = np.union1d(true, said)
        assert found[k] == pytest.approx(f1_score(true, said, average="macro", labels=classes))


def test_iou_is_the_jaccard_index_of_all_cells():
    j = judged()
    areas, there = areas_of(j), j.truth >= 0
    each = jaccard_score(j.truth[there], j.answers.argmax(1)[there], average=None)
    for c in range(C):
        assert areas.iou(c, *whole(areas))[0] == pytest.approx(each[c])
    assert areas.mean_iou(*whole(areas))[0] == pytest.approx(each.mean())
    right = (j.truth == j.answers.argmax(1))[there].mean()
    assert areas.right(*whole(areas))[0] == pytest.approx(right)


def test_dice_equals_torchmetrics():
    pytest.importorskip("torchmetrics")
    import torch
    from torchmetrics.functional.segmentation import dice_score

    j = judged()
    truth, said = j.truth[:, 1:], j.answers.argmax(1)[:, 1:]
    theirs = dice_score(torch.tensor(said), torch.tensor(truth), C, average="none", input_format="index")
    ours = np.stack([areas_of(j).dice([c]) for c in range(C)], 1)
    np.testing.assert_allclose(np.nan_to_num(ours), np.nan_to_num(theirs.numpy()), atol=1e-6)


def test_a_class_that_a_picture_neither_has_nor_gets_is_left_out():
    none = np.zeros((1, 2))
    areas = Areas(np.array([[4.0, 0.0]]), np.array([[4.0, 0.0]]), np.array([[4.0, 0.0]]), np.array([4.0]))
    assert np.isnan(areas.dice([1])).all()
    assert areas.dice([0, 1]) == pytest.approx(1)
    assert none.shape == areas.true.shape


def test_the_threshold_leaves_the_least_variance_within_both_sides():
    values = np.r_[RNG.normal(20, 4, 4000), RNG.normal(90, 10, 900)]
    tries = np.linspace(10, 110, 400)
    within = [
        (values <= t).mean() * values[values <= t].var() + (values > t).mean() * values[values > t].var() for t in tries
    ]
    best = tries[int(np.argmin(within))]
    at = threshold(values)
    parted = lambda t: (values > t).mean()
    assert parted(at) == pytest.approx(parted(best), abs=0.01)
    assert threshold(np.full(5, 3.0)) == 3.0
