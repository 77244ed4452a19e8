"""The step size falls as one over the square root of time."""

from __future__ import annotations


def inverse_sqrt(progress: float, *, final_frac: float, drops: int = 0) -> float:
    """Factor of the peak rate: 1 / sqrt(1 + c progress), with c such that it is final_frac at progress 1
    (c = 1 / final_frac² - 1).
    """
    return (1 + progress * (1 / final_frac**2 - 1)) ** -0.5
