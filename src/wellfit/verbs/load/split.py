"""split: which rows train, which choose, which test."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.recipe import DataChoices


def parts(strata: np.ndarray, choices: DataChoices) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(choices.seed)
    found = {"train": [], "valid": [], "test": []}
    for s in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == s))
        t, v = round(len(rows) * choices.test_frac), round(len(rows) * choices.valid_frac)
        found["test"].append(rows[:t]); found["valid"].append(rows[t:t + v]); found["train"].append(rows[t + v:])
    return {k: np.sort(np.concatenate(v)) for k, v in found.items()}
