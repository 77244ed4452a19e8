"""Tiles cover a picture, each cell counting once, and give it back exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wellfit.nouns.tiles import STEP, WHOLE, cut, joined, overlap_of, owned, places, settled, side_of, starts

SIDES = st.integers(4, 40)
SIZES = st.tuples(st.integers(1, 130), st.integers(1, 130))


@settings(max_examples=60, deadline=None)
@given(SIZES, st.tuples(SIDES, SIDES))
def test_tiles_put_together_again_are_the_scene(size, side):
    scene = np.random.default_rng(0).integers(0, 256, (2, *size)).astype(np.float32)
    tiles = cut(scene, side)
    assert tiles.shape == (len(places(size, side)), 2, *side)
    np.testing.assert_array_equal(settled(tiles, size, side), scene)
    np.testing.assert_allclose(joined(tiles, size, side), scene, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(SIZES, st.tuples(SIDES, SIDES))
def test_each_cell_counts_in_one_tile(size, side):
    counts = np.zeros(size, dtype=int)
    for (top, left), own in zip(places(size, side), owned(size, side)):
        for y, x in np.argwhere(own):
            assert top + y < size[0]
            assert left + x < size[1]
            counts[top + y, left + x] += 1
    assert (counts == 1).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 500), SIDES)
def test_neighbours_overlap_and_leave_no_gap(length, side):
    overlap = overlap_of((side, side))
    begin = starts(length, side, overlap)
    assert begin[0] == 0
    assert begin[-1] == max(0, length - side)
    assert (np.diff(begin) <= side - overlap).all()


def test_a_seam_fades_from_one_tile_to_the_next():
    tiles = np.stack([np.zeros((1, 16, 16)), np.ones((1, 16, 16))])
    line = joined(tiles, (16, 28), (16, 16))[0, 0]
    assert (np.diff(line) >= -1e-7).all()
    assert line[0] == 0
    assert line[-1] == 1
    assert 0 < line[13] < 1


@pytest.mark.parametrize(
    ("sizes", "side"),
    [
        ([(100, 80)] * 3, (100, 80)),
        ([(256, 256)] * 3, (144, 144)),
        ([(256, 256), (256, 256), (360, 360), (256, 320)], (144, 144)),
        ([(5000, 7000)], (160, 160)),
        ([(10, 10), (12, 9)], (16, 16)),
    ],
)
def test_pictures_of_one_small_size_stay_whole_and_others_get_square_tiles(sizes, side):
    assert side_of(sizes) == side
    assert len(set(sizes)) == 1 or side[0] % STEP == 0
    assert max(side) <= WHOLE + STEP
