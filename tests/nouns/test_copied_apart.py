"""Laws of copies: labels one by one beside inputs block by block."""

from __future__ import annotations

import pytest

from wellfit.nouns.copied_apart import copied_apart
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source

APART = (
    "more = np.concatenate([x, shift(x, 1), shift(x, -1)])\nlabels = np.repeat(labels, 3)",
    "x = torch.cat([x, x.flip(-1)])\ny = y.repeat_interleave(2)",
    "x = np.tile(x, (4, 1))\ny = np.repeat(y, 4)",
)
ALIKE = (
    "more = np.concatenate([x, shift(x, 1), shift(x, -1)])\nlabels = np.tile(labels, 3)",
    "x = torch.cat([x, x.flip(-1)])\ny = torch.cat([y, y])",
    "x = torch.cat([x, x.flip(-1)])\ny = y.repeat(2)",
    "x = np.repeat(x, 4, axis=0)\ny = np.repeat(y, 4)",
    "both = torch.cat([train, test])\ny = y.repeat_interleave(2)",
)


def seen(text: str):
    return copied_apart(Program("/code/train.py", sources={"/code/train.py": Source("/code/train.py", text)}))


@pytest.mark.parametrize("text", APART)
def test_labels_copied_one_by_one_beside_blocks_are_found(text):
    site = seen(text)
    assert site is not None
    assert site.line == 2


@pytest.mark.parametrize("text", ALIKE)
def test_copies_made_alike_are_let_be(text):
    assert seen(text) is None
