"""Laws of what is read from a curve."""

from __future__ import annotations

import numpy as np
import pytest

from wellfit.nouns.reading import Track
from wellfit.nouns.trend import broke, climb, falls, improving, roughness, steps_taken, unrest


def track(values, name="loss"):
    return Track(name, np.arange(len(values)), np.arange(len(values), dtype=float), np.asarray(values, float))


def test_roughness_is_the_jitters_spread_whatever_the_slow_course():
    rng = np.random.default_rng(0)
    course = 3 * np.exp(-np.linspace(0, 5, 2000))
    assert roughness(course + 0.2 * rng.normal(size=2000)) == pytest.approx(0.2, rel=0.1)
    assert roughness(course) < 1e-4
    assert np.isnan(roughness(course[:4]))


def test_falls_are_those_of_the_middle_and_the_last_third():
    middle, last = falls(np.linspace(3, 0, 301))
    assert middle == pytest.approx(1, abs=0.01)
    assert last == pytest.approx(0.85, abs=0.01)  # down to the mean of the last tenth
    assert all(np.isnan(falls(np.array([1.0, 2.0]))))


def test_climb_is_the_way_up_from_the_lowest_level():
    assert climb(np.concatenate([np.linspace(2, 0.5, 50), np.full(50, 1.5)])) == pytest.approx(1.0, abs=0.05)
    assert climb(np.linspace(2, 0.5, 50)) == 0
    assert climb(np.array([1.0, 5.0])) == 0


def test_climb_of_a_single_low_point_is_none():
    values = np.full(40, 1.0)
    values[20] = 0.0
    assert climb(values) == 0


def test_broken_loss_is_unrest_at_its_step_unless_it_was_broken_from_the_start():
    assert broke(track([1, 2, np.inf, np.nan])) == 2
    found = unrest(track([1.0, 0.9]), track([1, 2, np.inf]), 1.0)
    assert found is not None
    assert (found.kind, found.step) == ("broke", 2)
    assert unrest(track([np.nan]), track([np.nan, np.nan]), 1.0) is None


def test_one_odd_batch_is_no_unrest():
    loss = np.full(50, 1.0)
    loss[25] = 1000
    assert unrest(track(np.linspace(1, 0.5, 20)), track(loss), 1.0) is None
    loss[26:30] = 1000
    found = unrest(track(np.linspace(1, 0.5, 20)), track(loss), 1.0)
    assert found is not None
    assert found.kind == "blew up"


def test_a_last_fall_of_a_rate_brought_down_is_not_still_improving():
    flat_then_down = np.concatenate([np.linspace(2, 1, 10), np.full(30, 1.0), np.linspace(1.0, 0.9, 20)])
    assert improving(track(flat_then_down), 2.0) is None
    assert improving(track(np.linspace(2, 1, 60)), 2.0) is not None


def test_a_curve_whose_best_is_long_past_is_not_still_improving():
    assert improving(track(np.concatenate([np.linspace(2, 1, 50), np.linspace(1, 1.5, 20)])), 2.0) is None


def test_steps_taken_passes_over_layers_that_never_moved():
    layers = {"a": track([1e-3] * 10), "b": track([0.0] * 10), "c": track([np.nan, 1e-3] * 5)}
    assert steps_taken(layers) == pytest.approx(1e-3)
    assert steps_taken({"b": track([0.0])}) is None
    assert steps_taken(None) is None


def test_a_climb_or_jumps_that_the_validation_loss_does_not_share_are_no_unrest():
    climbing, calm = track(np.concatenate([np.linspace(2, 0.5, 30), np.full(30, 1.2)])), track(np.linspace(2, 0.5, 60))
    found = unrest(climbing, None, 2.0, climbing)
    assert found is not None
    assert found.kind == "climbed"
    assert unrest(climbing, None, 2.0, calm) is None
    jumping = track(1 + 0.15 * np.tile([1, -1], 30))
    found = unrest(jumping, None, 2.0, jumping)
    assert found is not None
    assert found.kind == "jumps"
    assert unrest(jumping, None, 2.0, calm) is None
