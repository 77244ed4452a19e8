"""normalise: which scaling suits the inputs, and the targets of a regression."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.scaling import Scaling

HEAVY = 10.0


def choose(x: np.ndarray, plain: np.ndarray | None, kind: str, how: str, asked: str) -> tuple[str, str]:
    """The scaling's word and why, from the encoded training inputs x [N, ...]."""
    if asked != "auto":
        return asked, "as asked"
    if kind == "pictures":
        return "standardise", f"each channel of the pictures to mean 0 and standard deviation 1 ({x.shape[1]} channels)"
    heavy = heavy_tailed(x, plain)
    if heavy and how != "time":
        return "quantile", f"{heavy} features have far outliers, which ranks tame"
    return "standardise", "features to mean 0 and standard deviation 1"


def heavy_tailed(x: np.ndarray, plain: np.ndarray | None) -> int:
    flat = x.reshape(len(x), -1)
    flat = flat if plain is None else flat[:, ~plain]
    if not flat.size:
        return 0
    std = flat.std(axis=0)
    far = np.abs(flat - flat.mean(axis=0)).max(axis=0) > HEAVY * np.where(std > 0, std, np.inf)
    return int(far.sum())


def target_scaling(y: np.ndarray, task: str, asked: str) -> tuple[Scaling, str]:
    """Scaling of the training targets y [N, K], and why."""
    if task != "regression":
        return Scaling(), "classes have no scale"
    if asked != "auto":
        return Scaling.fit(y, asked), "as asked"
    return Scaling.fit(y, "standardise"), "to mean 0 and standard deviation 1; predictions come back in their own units"
