"""The tree-structured Parzen estimator: where good trials lie dense and bad ones thin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

FIRST = 10
"""Trials drawn at random before it begins to learn (Optuna's own)."""


def tpe(seed: int) -> BaseSampler:
    """Optuna's TPESampler (Bergstra et al. 2011), all axes at once; trials that still run count as bad (constant liar),
    so that workers do not try the same. For tens to hundreds of trials."""
    from optuna.samplers import TPESampler

    return TPESampler(n_startup_trials=FIRST, multivariate=True, constant_liar=True, seed=seed)
