"""Laws of reshapes that list sizes in another order than the array has them."""

from __future__ import annotations

import pytest

from wellfit.nouns.axes_moved import axes_moved
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source

MOVED = (
    "rows, cols, n = cube.shape\nx = cube.reshape(n, 1, rows, cols)",
    "rows, cols, n = cube.shape\nx = np.reshape(cube, (n, rows * cols))",
    "b, h, t, d = cube.shape\nx = cube.reshape(b, t, h * d)",
    "b, t, c = cube.size()\nx = cube.view(b, c, t)",
    "n, t, c = cube.shape\nx = cube.reshape(n, c, -1)",
)
KEPT = (
    "rows, cols, n = cube.shape\nx = cube.transpose(2, 0, 1).reshape(n, rows, cols)",
    "rows, cols, n = cube.shape\ncube = cube.transpose(2, 0, 1)\nx = cube.reshape(n, 1, rows, cols)",
    "b, t, c = cube.shape\nx = cube.reshape(b * t, c)",
    "b, t, c = cube.shape\nx = cube.reshape(b, t, heads, c // heads)",
    "b, t, c = cube.shape\nx = other.reshape(c, b, t)",
    "n, _ = cube.shape\nx = cube.reshape(n, -1)",
    "b, t, h, d = cube.shape\nx = cube.view(b, t, h * d)",
    "n, c, h, w = cube.shape\nx = cube.reshape(n, groups, c // groups, h, w)",
)


def seen(text: str):
    return axes_moved(Program("/code/train.py", sources={"/code/train.py": Source("/code/train.py", text)}))


@pytest.mark.parametrize("text", MOVED)
def test_sizes_in_another_order_are_named(text):
    site = seen(text)
    assert site is not None
    assert site.line == 2


@pytest.mark.parametrize("text", KEPT)
def test_sizes_in_their_order_are_let_be(text):
    assert seen(text) is None
