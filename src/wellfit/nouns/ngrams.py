"""N-grams: what counting gives for the next symbol, the rival of a model of sequences."""

from __future__ import annotations

import numpy as np

MOST = 4_000_000  # training symbols that are counted


def witten_bell(train: np.ndarray, before: np.ndarray, n_symbols: int, order: int = 5) -> np.ndarray:
    """Probabilities of symbols by counts of up to `order` in a row, shorter ones standing in by the share of new
    continuations (Witten & Bell 1991; interpolated as in Chen & Goodman 1998, eq. 17).

    train: codes [T] counted, the last 4 million of them; before: [M, order], the symbols before and, last, the one whose
    probability is asked for; -1 where there is none before. Returns [M] float64.
    """
    train = train[-MOST:].astype(np.int64)
    p = np.full(len(before), 1.0 / n_symbols)
    width = n_symbols + 1
    fits = 1
    while fits < order and width ** (fits + 1) < 2**62:
        fits += 1
    for n in range(1, fits + 1):
        grams = _key([train[i : len(train) - n + 1 + i] for i in range(n)], width)
        asked = _key([before[:, order - n + i] for i in range(n)], width)
        found, count = np.unique(grams, return_counts=True)
        contexts, first, kinds = np.unique(found // width, return_index=True, return_counts=True)
        seen = np.add.reduceat(count, first)
        here = _look(contexts, seen, asked // width)
        new = _look(contexts, kinds, asked // width)
        known = here > 0
        p[known] = (_look(found, count, asked)[known] + new[known] * p[known]) / (here[known] + new[known])
    return p


def _key(columns: list[np.ndarray], width: int) -> np.ndarray:
    """One number for the symbols of each row; -1 (none) is a symbol that no training text holds."""
    key = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        key = key * width + (column + 1)
    return key


def _look(keys: np.ndarray, values: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """values[keys == asked], 0 where a key is not there."""
    at = np.searchsorted(keys, asked).clip(max=len(keys) - 1)
    return np.where(keys[at] == asked, values[at], 0)
