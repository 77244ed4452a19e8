"""Copies: rows that are the same as others but for a little noise, told from neighbours by the gap behind them."""

from __future__ import annotations

import torch
from torch import Tensor

NEIGHBOURS, NEAR, GAP = 20, 0.3, 2.0
"""A copy's nearest row is nearer than this share of the distance to the 20th, and somewhere on the way the distance grows by
this factor at once; in independent rows of 4 features and more it grows slowly (as the root of that order)."""
ROWS, HELD = 3000, 300
"""Rows looked at."""


def copies(known: Tensor, others: Tensor) -> tuple[float, float]:
    """(share of `others` [M, K] that are rows of `known` [N, K] bit by bit, share that are copies with a little noise)."""
    if len(known) < 4 * NEIGHBOURS or known.shape[1] < 4:
        return 0.0, 0.0
    known, others = known[:ROWS].double(), others[:HELD].double()
    mean, spread = known.mean(0), known.std(0)
    keep = spread > 1e-9 * spread.max().clamp_min(1e-30)
    a, b = ((v[:, keep] - mean[keep]) / spread[keep] for v in (known, others))
    away = torch.cdist(b, a, compute_mode="donot_use_mm_for_euclid_dist").topk(NEIGHBOURS + 1, largest=False).values
    same = away[:, 0] == 0
    jump = (away[:, 1:] / away[:, :-1].clamp_min(1e-12)).max(1).values
    near = ~same & (away[:, 0] < NEAR * away[:, -1]) & (jump > GAP)
    return float(same.double().mean()), float(near.double().mean())
