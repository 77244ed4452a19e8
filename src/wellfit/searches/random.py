"""Random search: each trial drawn by the priors alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def random(seed: int) -> BaseSampler:
    """Optuna's RandomSampler (Bergstra & Bengio 2012). For many trials at once, and to compare others with."""
    from optuna.samplers import RandomSampler

    return RandomSampler(seed=seed)
