"""Text as numbers and back, and what tells a text from a table."""

from __future__ import annotations

import numpy as np
import pytest

from wellfit.nouns.errors import DataError
from wellfit.nouns.ngrams import witten_bell
from wellfit.nouns.symbols import UNSEEN, alphabet, coded, is_prose, said, unit_by, unit_of

VERSE = "Ein Männlein steht im Walde\nganz still und stumm.\n" * 3


@pytest.mark.parametrize("unit", ["characters", "bytes"])
def test_a_text_comes_back_as_it_was(unit):
    symbols = alphabet(VERSE, unit)
    assert symbols[0] == UNSEEN
    assert unit_by(symbols) == unit
    codes = coded(VERSE, symbols)
    assert codes.min() > 0
    assert len(codes) == (len(VERSE) if unit == "characters" else len(VERSE.encode()))
    assert said(codes, symbols) == VERSE


def test_what_was_never_seen_is_symbol_0():
    symbols = alphabet("abc", "characters")
    assert coded("aΩb😀", symbols).tolist() == [1, 0, 2, 0]


def test_many_characters_are_read_as_bytes():
    many = "".join(map(chr, range(0x4E00, 0x4E00 + 2000)))
    assert unit_of(many) == "bytes"
    assert unit_of(VERSE) == "characters"
    assert unit_of(VERSE, "bytes") == "bytes"


def test_an_empty_text_is_refused():
    with pytest.raises(DataError, match="nothing in it"):
        coded("", alphabet("abc", "characters"))


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        (VERSE, True),
        ("First Citizen:\nBefore we proceed, hear me.\n\nAll:\nSpeak, speak.\n", True),
        ("apple\npear\nplum\nfig\n", True),
        ("1870 -1.00 -1.20\n1871 -0.25 -0.58\n", False),
        ("# a note, of words\n# another\n1870 -1.00 -1.20\n", False),
        ("name,height\nAnna,1.7\nBen,1.8\nEve,1.6\n", False),
        ("name\theight\nAnna\ttall\nBen\tsmall\nEve\ttall\n", False),
        ("", False),
    ],
)
def test_a_text_is_told_from_a_table(text, prose):
    assert is_prose(text) is prose


def test_counts_are_probabilities_and_know_what_followed():
    rng = np.random.default_rng(0)
    train = rng.integers(1, 4, 500)
    before = rng.integers(1, 4, (20, 5))
    total = np.zeros(20)
    for symbol in range(5):
        asked = before.copy()
        asked[:, -1] = symbol
        total += witten_bell(train, asked, 5)
    assert total == pytest.approx(np.ones(20))
    always = np.tile([1, 2, 3], 100)
    assert witten_bell(always, np.array([[2, 3, 1, 2, 3], [-1, -1, -1, -1, 1]]), 5)[0] > 0.95


def test_counts_agree_with_the_formula_by_hand():
    train = np.array([1, 2, 1, 2, 1, 3])  # of 4 symbols; 1: 3, 2: 2, 3: 1, three kinds
    one = lambda c: (c + 3 * 0.25) / (6 + 3)
    by_two = lambda c, total, kinds, below: (c + kinds * below) / (total + kinds)
    asked = np.array([[-1, -1, -1, 1, 2], [-1, -1, -1, 3, 1]])
    found = witten_bell(train, asked, 4, order=5)
    assert found[0] == pytest.approx(by_two(2, 3, 2, one(2)))  # after 1 came 2, 2, 3
    assert found[1] == pytest.approx(one(3))  # nothing ever came after 3
