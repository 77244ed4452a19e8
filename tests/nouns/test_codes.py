"""What the values of masks stand for."""

from __future__ import annotations

import numpy as np
import pytest

from wellfit.nouns.codes import codes_of
from wellfit.nouns.errors import DataError
from wellfit.nouns.task import UNKNOWN

RNG = np.random.default_rng(0)


def objects(n: int) -> np.ndarray:
    """n squares numbered from 1."""
    v = np.zeros((40, 40), dtype=np.uint16)
    for k in range(n):
        v[5 * (k // 8) : 5 * (k // 8) + 4, 5 * (k % 8) : 5 * (k % 8) + 4] = k + 1
    return v


def of(values, named=None):
    return codes_of([[v] for v in values], named, [f"{i}.png" for i in range(len(values))])


def test_black_and_white_is_background_and_object():
    v = RNG.integers(0, 2, (8, 8)) * 255
    found = of([v, v * 0])
    assert found.classes == ("background", "object")
    np.testing.assert_array_equal(found.masks[0], v > 0)


def test_numbered_objects_are_one_class_and_this_is_said():
    found = of([objects(n) for n in (9, 5, 12, 0)])
    assert found.classes == ("background", "object")
    assert found.findings[0].summary == "masks number 26 objects: all taken for one class"
    np.testing.assert_array_equal(found.masks[0], objects(9) > 0)


def test_a_file_for_each_object_is_joined():
    one, two = objects(3) == 1, objects(3) == 2
    found = codes_of([[one * 255, two * 255], [one * 255]], None, ["a", "b"])
    np.testing.assert_array_equal(found.masks[0], one | two)
    assert "3 in 2 pictures" in found.findings[0].summary


def test_class_codes_stay_and_255_beside_them_is_not_labelled():
    v = RNG.integers(0, 3, (30, 30))
    v[0] = 255
    found = of([v, v[::-1]])
    assert found.classes == ("0", "1", "2")
    assert (found.masks[0][0] == UNKNOWN).all()
    np.testing.assert_array_equal(found.masks[0][1:], v[1:])
    assert found.findings[0].fault == "cells-masked"


def test_scattered_codes_in_every_picture_are_classes_not_objects():
    found = of([RNG.integers(0, 6, (30, 30)) for _ in range(4)])
    assert found.classes == tuple("012345")


def test_colours_are_classes_by_their_colour():
    v = np.where(RNG.random((9, 9)) < 0.5, 0xFF0000, np.where(RNG.random((9, 9)) < 0.5, 0x00FF00, 0))
    assert of([v]).classes == ("#000000", "#00ff00", "#ff0000")


def test_named_codes_are_taken_at_their_word():
    assert of([objects(5), objects(4)], tuple("abcdef")).classes == tuple("abcdef")
    with pytest.raises(DataError) as error:
        of([objects(2), objects(7)], ("ground", "house", "road"))
    assert "masks of the 3 classes ground, house, road (codes 0 to 2)" in str(error.value)
    assert "also codes 3, 4, 5, 6, 7, first in 1.png" in str(error.value)


def test_smooth_outlines_are_parted_in_the_middle():
    v = np.where(RNG.random((100, 100)) < 0.5, 255, 0)
    v[5, :20] = np.arange(20) * 10
    found = of([v])
    np.testing.assert_array_equal(found.masks[0], v > 127)
    assert "over the middle" in found.findings[0].summary


def test_masks_that_tell_nothing_are_refused():
    with pytest.raises(DataError, match="0 in every cell of 2 masks"):
        of([np.zeros((4, 4), int)] * 2)
    with pytest.raises(DataError, match="different values, the commonest"):
        of([RNG.integers(0, 250, (60, 60))])
