"""Similar: how alike what two layers say of the same examples is, whatever their units are called."""

from __future__ import annotations

import numpy as np


def cka(a: np.ndarray, b: np.ndarray) -> float:
    """Linear centred kernel alignment of activations a [N, F], b [N, G], 0 to 1: 1 where one is a rotation and a scaling
    of the other. The unbiased estimate (Song et al. 2012), which is about 0 for unrelated layers however wide.

    Source: Kornblith et al. 2019, arXiv:1905.00414; unbiased: Nguyen et al. 2021, arXiv:2010.15327, equation 3.
    """
    k, m = _gram(a), _gram(b)
    both, one, other = _hsic(k, m), _hsic(k, k), _hsic(m, m)
    return float(both / np.sqrt(one * other)) if one > 0 and other > 0 else float("nan")


def _gram(a: np.ndarray) -> np.ndarray:
    x = a - a.mean(0)
    scale = np.abs(x).max() or 1.0
    gram = (x / scale) @ (x / scale).T
    np.fill_diagonal(gram, 0)
    return gram


def _hsic(k: np.ndarray, m: np.ndarray) -> float:
    n = len(k)
    rows, others = k.sum(0), m.sum(0)
    first, second = float((k * m).sum()), rows.sum() * others.sum() / ((n - 1) * (n - 2))
    return (first + second - 2 / (n - 2) * float(rows @ others)) / (n * (n - 3))
