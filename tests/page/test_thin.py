"""A thinned curve is drawn as the whole one is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wellfit.page.thin import plain, thin

VALUES = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf]), min_size=0, max_size=300)


@settings(max_examples=100, deadline=None)
@given(VALUES, st.integers(2, 20))
def test_each_column_keeps_its_ends_its_extremes_and_its_gaps(values, columns):
    y = np.array(values, dtype=float)
    x = np.arange(len(y), dtype=float)
    kept = thin(x, y, columns)
    assert (np.diff(kept) > 0).all()
    assert len(kept) <= max(5 * columns, 4 * columns)
    if not len(y):
        return
    column = (x / (x[-1] or 1) * (columns - 1e-9)).astype(int)
    for c in np.unique(column):
        whole, some = y[column == c], y[kept[column[kept] == c]]
        assert some[[0, -1]].tolist() == pytest.approx(whole[[0, -1]].tolist(), nan_ok=True)
        assert np.isfinite(some).all() == np.isfinite(whole).all()
        if np.isfinite(whole).any():
            assert np.nanmin(some[np.isfinite(some)]) == np.nanmin(whole[np.isfinite(whole)])
            assert np.nanmax(some[np.isfinite(some)]) == np.nanmax(whole[np.isfinite(whole)])


def test_a_million_points_become_a_few_for_each_column():
    y = np.random.default_rng(0).normal(size=1_000_000)
    kept = thin(np.arange(1e6), y, 500)
    assert len(kept) <= 2000
    assert {int(y.argmin()), int(y.argmax())} <= set(kept.tolist())


def test_points_at_one_place_are_thinned_too():
    assert len(thin(np.zeros(10_000), np.arange(1e4), 10)) <= 4


def test_what_is_not_finite_is_null():
    assert plain(np.array([1.23456789, np.nan, -np.inf])) == [1.23457, None, None]
