"""The step size falls by the same share in every epoch."""

from __future__ import annotations


def exponential(progress: float, *, final_frac: float, drops: int = 0) -> float:
    """Factor of the peak rate: final_frac^progress, so 1 at progress 0 and final_frac at 1."""
    return final_frac**progress
