"""The step size drops each time the validation loss has stopped falling."""

from __future__ import annotations


def plateau(progress: float, *, final_frac: float, drops: int = 0) -> float:
    """Factor of the peak rate: 1/5 for each drop so far, final_frac at least (a fifth, as in Zagoruyko & Komodakis
    2016, arXiv:1605.07146).

    drops: how often the validation loss has stood still; progress has no part in it.
    """
    return max(final_frac, 0.2**drops)
