"""Laws of every schedule: starts at the peak, never rises, ends at the share asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wellfit.nouns import shelf

SCHEDULES = shelf.names("schedules")
FALLING = [s for s in SCHEDULES if s not in ("constant", "plateau")]
fracs, progresses = st.floats(1e-4, 1.0), st.floats(0, 1)


def factor(word: str, progress: float, final_frac: float, drops: int = 0) -> float:
    return shelf.get("schedules", word)(progress, final_frac=final_frac, drops=drops)


@pytest.mark.parametrize("word", SCHEDULES)
@given(final_frac=fracs, a=progresses, b=progresses, drops=st.integers(0, 9))
@settings(max_examples=50, deadline=None)
def test_it_starts_at_the_peak_never_rises_and_never_falls_under_its_end(word, final_frac, a, b, drops):
    assert factor(word, 0.0, final_frac) == pytest.approx(1)
    early, late = factor(word, min(a, b), final_frac, drops), factor(word, max(a, b), final_frac, drops)
    assert final_frac * (1 - 1e-9) <= late <= early * (1 + 1e-12) <= 1 + 1e-9
    assert factor(word, a, final_frac, drops + 1) <= factor(word, a, final_frac, drops)


@pytest.mark.parametrize("word", FALLING)
@given(final_frac=fracs)
@settings(max_examples=50, deadline=None)
def test_it_ends_at_the_share_asked_for(word, final_frac):
    assert factor(word, 1.0, final_frac) == pytest.approx(final_frac, rel=1e-6)


@pytest.mark.parametrize("word", FALLING)
def test_it_depends_on_progress_not_on_drops(word: str):
    assert factor(word, 0.3, 0.01, drops=4) == factor(word, 0.3, 0.01)
    assert factor(word, 0.3, 0.01) > factor(word, 0.6, 0.01)


def test_each_has_its_own_course():
    assert factor("constant", 0.5, 0.01) == 1
    assert factor("linear", 0.5, 0.01) == pytest.approx(0.505)
    assert factor("exponential", 0.5, 0.01) == pytest.approx(0.1)
    assert factor("cosine", 0.5, 0.01) == pytest.approx(0.505)
    assert factor("cosine", 0.25, 0.01) > factor("linear", 0.25, 0.01)
    a, b = (1 / factor("inverse_sqrt", p, 0.01) ** 2 - 1 for p in (0.2, 0.6))
    assert b == pytest.approx(3 * a)  # one over the square root of time
    assert [factor("plateau", 0.9, 0.01, drops=d) for d in range(4)] == pytest.approx([1, 0.2, 0.04, 0.01])
