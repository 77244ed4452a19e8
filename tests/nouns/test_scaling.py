"""Scaling does what each method says, with the statistics it was fitted with, and can be undone and kept."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from wellfit.nouns.errors import DataError
from wellfit.nouns.scaling import METHODS, Scaling

RNG = np.random.default_rng(0)
TABLE = np.column_stack([RNG.normal(5, 2, 400), RNG.lognormal(0, 2, 400), np.full(400, 7.0), RNG.integers(0, 2, 400)])
PICTURES = RNG.integers(0, 256, (60, 3, 5, 4)).astype(np.uint8)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_finite_float32_of_the_shape_it_says(method):
    for x, pictures in ((TABLE, False), (PICTURES, True), (PICTURES[:, 0].astype(float), False)):
        scaling = Scaling.fit(x, method, pictures=pictures)
        scaled = scaling(x)
        assert scaled.dtype == torch.float32
        assert tuple(scaled.shape) == (len(x), *scaling.shape_out)
        assert torch.isfinite(scaled).all()


@pytest.mark.parametrize("method", METHODS)
def test_state_is_json_and_tensors_and_gives_the_same_scaling(method):
    scaling = Scaling.fit(TABLE, method, plain=np.array([False, False, False, True]))
    plain, tensors = scaling.state()
    assert all(isinstance(t, torch.Tensor) and t.is_contiguous() for t in tensors.values())
    again = Scaling.of(json.loads(json.dumps(plain)), tensors)
    assert torch.equal(again(TABLE), scaling(TABLE))


def test_centre_has_mean_zero_and_keeps_the_spread():
    scaled = Scaling.fit(TABLE, "centre")(TABLE).double()
    assert torch.allclose(scaled.mean(0), torch.zeros(4).double(), atol=1e-5)
    assert np.allclose(scaled.std(0, correction=0), TABLE.std(0), rtol=1e-5)


def test_standardise_has_mean_zero_and_standard_deviation_one():
    scaled = Scaling.fit(TABLE, "standardise")(TABLE).double()
    assert torch.allclose(scaled.mean(0), torch.zeros(4).double(), atol=1e-5)
    assert torch.allclose(scaled.std(0, correction=0)[[0, 1, 3]], torch.ones(3).double(), atol=1e-5)


def test_standardise_is_by_channel_for_pictures():
    x = PICTURES.copy()
    x[:, 1] //= 8
    scaled = Scaling.fit(x, "standardise", pictures=True)(x).double()
    assert torch.allclose(scaled.mean((0, 2, 3)), torch.zeros(3).double(), atol=1e-5)
    assert torch.allclose(scaled.std((0, 2, 3), correction=0), torch.ones(3).double(), atol=1e-5)


def test_bytes_are_standardised_like_any_numbers():
    a, b = (Scaling.fit(x, "standardise", pictures=True) for x in (PICTURES, PICTURES.astype(np.float64)))
    for part in ("shift", "scale"):
        assert torch.allclose(a.parts[part], b.parts[part], rtol=1e-12)


def test_minmax_lies_between_zero_and_one():
    scaled = Scaling.fit(TABLE, "minmax")(TABLE)
    assert scaled.min() == 0
    assert scaled.max() == 1


def test_robust_ignores_outliers():
    normal = RNG.normal(0, 3, (2001, 1))
    spoilt = normal.copy()
    spoilt[:20] = 1e9
    scaled = Scaling.fit(spoilt, "robust")(normal)
    assert abs(float(scaled.median())) < 0.05
    assert 0.9 < float(scaled.std()) < 1.1


def test_robust_falls_back_where_most_values_are_one():
    x = np.zeros((100, 1))
    x[:10] = 5.0
    scaled = Scaling.fit(x, "robust")(x)
    assert 0 < float(scaled.max()) < 10


def test_quantile_equals_scikit_learns_where_no_value_is_tied_or_at_the_edge():
    from sklearn.preprocessing import QuantileTransformer

    x = RNG.lognormal(0, 2, (1500, 2))
    theirs = QuantileTransformer(n_quantiles=1000, output_distribution="normal", subsample=None).fit_transform(x)
    inside = np.abs(theirs) < 3
    ours = Scaling.fit(x, "quantile")(x).numpy()
    assert np.abs(ours - theirs)[inside].max() < 1e-5


def test_quantile_is_bounded_beyond_the_training_values():
    scaling = Scaling.fit(TABLE[:, :2], "quantile")
    assert float(scaling(np.array([[1e300, -1e300]])).abs().max()) < 3.5


def test_quantile_gives_tied_values_the_middle_of_their_ranks():
    x = np.concatenate([np.zeros(60), np.arange(1.0, 41.0)])[:, None]
    zero = float(Scaling.fit(x, "quantile")(np.zeros((1, 1))))
    assert zero == pytest.approx(float(torch.special.ndtri(torch.tensor(0.3))), abs=0.03)


def test_pca_is_decorrelated_with_the_largest_variance_first():
    mixed = RNG.normal(size=(500, 3)) @ RNG.normal(size=(3, 3))
    scaled = Scaling.fit(mixed, "pca")(mixed).double()
    covariance = scaled.T @ scaled / len(scaled)
    variances = covariance.diag()
    assert torch.allclose(covariance, torch.diag(variances), atol=1e-4)
    assert (variances[:-1] >= variances[1:]).all()


def test_whiten_has_covariance_one():
    mixed = RNG.normal(size=(500, 3)) @ RNG.normal(size=(3, 3))
    scaled = Scaling.fit(mixed, "whiten")(mixed).double()
    assert torch.allclose(scaled.T @ scaled / len(scaled), torch.eye(3).double(), atol=1e-4)


def test_whitened_pictures_stay_pictures_and_are_white():
    x = RNG.integers(0, 256, (300, 1, 3, 3)).astype(np.uint8)
    x[:, :, 1] = (x[:, :, 0] // 2) + x[:, :, 1] // 2
    scaled = Scaling.fit(x, "whiten", pictures=True)(x)
    assert scaled.shape == (300, 1, 3, 3)
    flat = scaled.double().flatten(1)
    assert torch.allclose(flat.T @ flat / 300, torch.eye(9).double(), atol=1e-4)


def test_pca_of_more_features_than_rows_keeps_the_distances_of_the_rows():
    x = RNG.normal(size=(20, 2, 6, 6))
    scaled = Scaling.fit(x, "pca", pictures=True)(x).double()
    flat = torch.from_numpy(x).flatten(1)
    assert scaled.shape[1] == 19
    assert torch.allclose(torch.cdist(scaled, scaled), torch.cdist(flat, flat), atol=1e-4)


def test_rotation_of_too_many_is_refused(monkeypatch):
    monkeypatch.setattr("wellfit.nouns.scaling.LARGEST_EIGEN", 3)
    with pytest.raises(DataError, match="at most 3 of either can be rotated"):
        Scaling.fit(TABLE, "whiten")


@pytest.mark.parametrize("method", ["none", "centre", "standardise", "minmax", "robust"])
def test_back_undoes_the_scaling(method):
    scaling = Scaling.fit(TABLE, method)
    assert np.allclose(scaling.back(scaling(TABLE).double().numpy()), TABLE, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_constant_features_are_not_divided_by_zero(method):
    constant = np.full((30, 2), 3.3)
    constant[:, 1] = np.arange(30)
    scaled = Scaling.fit(constant, method)(constant)
    assert torch.isfinite(scaled).all()


def test_a_constant_with_rounding_counts_as_constant():
    x = np.full((50, 1), 0.1) + np.array([[0.0], [1.4e-17]] * 25)
    assert float(Scaling.fit(x, "standardise")(x).abs().max()) < 1e-3


def test_plain_features_are_left_as_they_are():
    plain = np.array([False, False, False, True])
    for method in ("standardise", "minmax", "robust", "quantile"):
        scaled = Scaling.fit(TABLE, method, plain=plain)(TABLE)
        assert np.array_equal(scaled[:, 3], TABLE[:, 3])


def test_large_offsets_keep_their_small_differences():
    seconds = 1.7e9 + np.arange(100.0)[:, None]
    scaled = Scaling.fit(seconds, "standardise")(seconds)
    assert len(torch.unique(scaled)) == 100


def test_chunks_do_not_show(monkeypatch):
    whole = Scaling.fit(TABLE, "standardise")(TABLE)
    monkeypatch.setattr("wellfit.nouns.scaling.CHUNK", 40)
    assert torch.allclose(Scaling.fit(TABLE, "standardise")(TABLE), whole, atol=1e-6)


def test_pictures_of_another_light_are_the_same_each_by_its_own_range():
    bright = RNG.integers(0, 100, (20, 3, 8, 8))
    scaling = Scaling.fit(np.concatenate([bright, bright // 2 * 2 + 40, 2 * bright]), "each", pictures=True)
    np.testing.assert_allclose(scaling(2 * bright + 7), scaling(bright), atol=1e-5)
    dark = np.full((1, 3, 8, 8), 90) + RNG.integers(0, 2, (1, 3, 8, 8))
    assert float(scaling(dark).std()) < 0.2 * float(scaling(bright).std()), "the noise of an empty picture stays small"
