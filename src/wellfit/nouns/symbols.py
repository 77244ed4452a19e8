"""Symbols: text as whole numbers, one for each character or byte, and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from wellfit.nouns.errors import DataError

UNSEEN = "\ufffd"
"""Symbol 0: what the training part never held."""
MOST_CHARACTERS = 1024
"""Different characters above which a text is taken byte by byte: each symbol is an output of the network."""

Unit = Literal["characters", "bytes"]


def is_prose(text: str) -> bool:
    """Is this text, and no table? A table's lines have the same number of separators, or are mostly numbers.

    A list of single words counts as text, two columns parted by a tab as a table.
    """
    lines = [line for line in text.splitlines()[:200] if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        return False
    words = [w for line in lines for w in re.split(r"[\s,;|]+", line.strip())]
    numbers = sum(bool(re.fullmatch(r"[-+]?[\d.]+(?:[eE][-+]?\d+)?%?|[Nn]a[Nn]?|NA", w)) for w in words)
    if numbers >= 0.5 * len(words):
        return False
    for mark in "\t;,|":
        counts = [line.count(mark) for line in lines]
        usual = max(set(counts), key=counts.count)
        if usual and sum(c == usual for c in counts) >= 0.8 * len(counts):
            return len(lines) < 3
    return True


def unit_of(text: str, asked: str = "") -> Unit:
    """Characters, or bytes where there are more than 1,024 different ones, or as asked."""
    if not asked:
        return "characters" if len(set(text)) <= MOST_CHARACTERS else "bytes"
    return "bytes" if asked == "bytes" else "characters"


def alphabet(text: str, unit: Unit) -> tuple[str, ...]:
    """The symbols of a text in order, UNSEEN first; of bytes all 256, each by the character of its number (Latin-1)."""
    found = map(chr, range(256)) if unit == "bytes" else sorted(set(text) - {UNSEEN})
    return (UNSEEN, *found)


def unit_by(symbols: Sequence[str]) -> Unit:
    """The unit that an alphabet stands for."""
    return "bytes" if len(symbols) == 257 and symbols[1:] == tuple(map(chr, range(256))) else "characters"


def coded(text: str, symbols: Sequence[str]) -> np.ndarray:
    """A text as places in `symbols`, int64 [T]; 0 for what is not among them. Raises DataError for an empty text."""
    if not text:
        raise DataError("text", "nothing in it", "give a text of one character or more")
    if unit_by(symbols) == "bytes":
        return np.frombuffer(text.encode(), np.uint8).astype(np.int64) + 1
    points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    place = np.zeros(max(int(points.max()), *map(ord, symbols)) + 1, np.int64)
    for i, symbol in enumerate(symbols):
        place[ord(symbol)] = i
    return place[points]


def starts(n: int, length: int) -> list[int]:
    """Where windows of `length` begin that read n symbols: one every half window, and one that ends with the last."""
    end = max(0, n - length)
    return sorted({*range(0, end, max(1, length // 2)), end})


def said(codes: np.ndarray, symbols: Sequence[str]) -> str:
    """Codes [T] as text; bytes that are no UTF-8 are shown as UNSEEN."""
    text = "".join(symbols[int(c)] for c in codes)
    return (
        text.replace(UNSEEN, "").encode("latin-1").decode("utf-8", "replace") if unit_by(symbols) == "bytes" else text
    )
