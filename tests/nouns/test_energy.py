"""Distances between what is drawn and what is real."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from torch import nn

from wellfit.nouns import energy
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.task import Judged
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)


def test_each_row_adds_a_part_whose_mean_is_the_distance_over_pairs():
    drawn, real = RNG.normal(size=(40, 3)), RNG.normal(0.3, 1, size=(30, 3))
    parts = energy._parts(drawn, real, 1.5)
    pairs = lambda d, n: d.sum() / (n * (n - 1))
    distance = 2 * cdist(drawn, real).mean() - pairs(cdist(drawn, drawn), 40) - pairs(cdist(real, real), 30)
    kernel = lambda a, b: np.exp(-0.5 * (cdist(a, b) / 1.5) ** 2)
    own = lambda a: pairs(kernel(a, a) - np.eye(len(a)), len(a))
    mmd = own(drawn) + own(real) - 2 * kernel(drawn, real).mean()
    np.testing.assert_allclose(parts.mean(0), [distance, mmd], atol=1e-12)


def test_it_is_nought_in_the_mean_for_one_distribution_and_above_for_two():
    same, other = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        real = rng.normal(size=(200, 4))
        same.append(energy._parts(rng.normal(size=(300, 4)), real, 1.0).mean(0))
        other.append(energy._parts(rng.normal(size=(300, 4)) * 1.4, real, 1.0).mean(0))
    assert np.abs(np.mean(same, 0)).max() < 3 * np.std(same, 0).max() / 20**0.5
    assert (np.min(other, 0) > np.max(same, 0)).all()


class Drawer(nn.Module):
    """Draws given pictures with noise of some size."""

    def __init__(self, pictures: torch.Tensor, noise: float):
        super().__init__()
        self.pictures, self.noise = pictures, noise

    def sample(self, n: int, generator: torch.Generator | None = None) -> torch.Tensor:
        pick = torch.randint(len(self.pictures), (n,), generator=generator)
        return self.pictures[pick] + self.noise * torch.randn(n, *self.pictures.shape[1:], generator=generator)


@pytest.fixture(scope="module")
def data():
    return load("digits", Recipe.of({"data.task": "generation"}).data)


def test_real_pictures_are_nearer_than_the_gaussian_and_noise_is_farther(data):
    found = {}
    for noise in (0.0, 0.5, 1.0):
        judged = Judged(
            np.zeros((len(data.test), 1)), np.zeros((len(data.test), 1)), data, network=Drawer(data.train.x, noise)
        )
        merits, rival = energy.merits(judged)
        found[noise] = merits
        assert "Gaussian" in rival
    for name in ("energy distance", "MMD²"):
        real, some, much = (found[noise][name]["value"] for noise in (0.0, 0.5, 1.0))
        assert real < some < much
        assert found[0.0][name]["high"] < found[0.0][name]["baseline"]
        assert abs(real) < 0.3 * found[0.0][name]["baseline"]
        assert found[0.0][f"{name} of training rows"]["value"] < 0.3 * found[0.0][name]["baseline"]
    assert "bits per dimension" not in found[0.0]


def test_the_gains_of_rows_sum_to_the_distances(data):
    judged = Judged(
        np.zeros((len(data.test), 1)), np.zeros((len(data.test), 1)), data, network=Drawer(data.train.x, 0.5)
    )
    merits, _ = energy.merits(judged)
    network, rival = energy.errors(judged).mean(0)
    assert network == pytest.approx(merits["MMD²"]["value"])
    assert rival == pytest.approx(merits["MMD²"]["baseline"])
