"""Grain: the steps in which numbers were written down."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import multivariate_normal

from wellfit.nouns.gaussian import Gaussian
from wellfit.nouns.grain import grain_of, logarithm, rows_of, step_of, values_of
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.load import load

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("step", [1.0, 1 / 255, 0.1, 0.01, 1e-5])
@pytest.mark.parametrize("number", [np.float64, np.float32])
def test_a_step_is_found_in_what_was_written_down(step: float, number: type):
    values = (RNG.integers(-300, 300, 500) * step).astype(number)
    assert step_of(values) == pytest.approx(step)


def test_measured_numbers_have_no_step():
    assert step_of(RNG.normal(size=300)) == 0
    assert step_of(RNG.normal(size=300).astype(np.float32)) == 0


def frame(n: int = 200) -> pd.DataFrame:
    return pd.DataFrame({
        "length": RNG.normal(5, 1, n).round(1), "count": RNG.integers(0, 40, n), "exact": RNG.normal(size=n),
        "colour": RNG.choice(["red", "green", "blue"], n), "day": pd.date_range("2020-01-01", periods=n)[RNG.permutation(n)],
        "wet": RNG.random(n) > 0.5,
    })  # fmt: skip


def test_rows_of_a_table_come_back_as_they_were():
    table = frame()
    data = load(table, Recipe.of({"data.task": "density"}).data)
    assert data.shape_in == (6,)
    back = rows_of(data.train.x, data.preparation, grain_of(data))
    was = table.iloc[data.train.rows].reset_index(drop=True)
    for name in ("length", "count", "colour", "wet"):
        assert back[name].tolist() == was[name].tolist(), name
    np.testing.assert_allclose(back["exact"], was["exact"], atol=1e-6)
    assert (pd.to_datetime(back["day"]) == was["day"]).all()


def test_values_fall_on_the_nearest_step_and_an_unwritten_number_stays():
    data = load(frame(), Recipe.of({"data.task": "density"}).data)
    grain = grain_of(data)
    x = data.train.x + 0.4 * torch.tensor(grain)
    was = data.preparation.scaling.back(data.train.x.numpy())
    np.testing.assert_allclose(values_of(x, data.preparation, grain)[:, 0], was[:, 0], atol=1e-6)
    assert grain[2] == 0
    assert logarithm(grain, (6,)) == 0.0
    assert logarithm([0.5], (2, 3, 4)) == pytest.approx(24 * np.log(0.5))


def test_the_gaussian_gives_the_expected_log_density_over_the_steps():
    x = torch.from_numpy(RNG.normal(size=(4000, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.3], [0, 0, 1]])).float()
    step = np.array([0.5, 0.0, 0.2])
    rival = Gaussian(x, step)
    cover = np.cov(x.numpy().T, bias=True) + np.diag(step**2 / 12)
    drawn = np.mean([
        multivariate_normal(x.numpy().mean(0), cover).logpdf(x[:50].numpy() + step * (RNG.random((50, 3)) - 0.5))
        for _ in range(400)
    ], axis=0)  # fmt: skip
    np.testing.assert_allclose(rival.log_prob(x[:50]), drawn, atol=0.06)
    np.testing.assert_allclose(np.cov(rival.sample(20_000).T), cover, atol=0.06)
