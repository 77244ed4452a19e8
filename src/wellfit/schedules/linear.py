"""The step size falls in a straight line."""

from __future__ import annotations


def linear(progress: float, *, final_frac: float, drops: int = 0) -> float:
    """Factor of the peak rate: 1 at progress 0, final_frac at 1, straight between."""
    return 1 - (1 - final_frac) * progress
