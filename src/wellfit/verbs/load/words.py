"""words: counts as people write them."""

from __future__ import annotations


def many(n: int, noun: str, plural: str = "") -> str:
    """many(1, 'row') -> '1 row'; many(2400, 'copy', 'copies') -> '2,400 copies'."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
