"""The step size falls along half a cosine: slowly, fast in the middle, slowly again."""

from __future__ import annotations

import math


def cosine(progress: float, *, final_frac: float, drops: int = 0) -> float:
    """Factor of the peak rate: 1 at progress 0, final_frac at 1, half a cosine between (Loshchilov & Hutter 2017,
    arXiv:1608.03983, without restarts).
    """
    return final_frac + (1 - final_frac) * (1 + math.cos(math.pi * progress)) / 2
