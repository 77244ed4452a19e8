"""A Gaussian process: a smooth model of the loss over the space, and where it may be lower still."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


def gp(seed: int) -> BaseSampler:
    """Optuna's GPSampler, log expected improvement with automatic relevance of axes. For few, costly trials of a
    few axes with bounds; a suggestion takes seconds once there are hundreds of trials."""
    from optuna.samplers import GPSampler

    return GPSampler(seed=seed, n_startup_trials=10, deterministic_objective=False)
