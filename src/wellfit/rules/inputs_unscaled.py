"""Raw inputs on scales far from one another or from 1, behind a training that falls short."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.skill import Skill

APART, LARGE, SHORT = 100.0, 30.0, 0.05


def inputs_unscaled(normalise: str, sample_x: np.ndarray, skill: Skill) -> Finding | None:
    """Inputs reach the network on scales far from one another or from 1.

    Sees: inputs are taken as they are, one column spreads over 100 times more than another or values are over 30 in
    size, and a random forest, which does not care for scales, does better by 0.05 of skill at least.
    Hurts: the largest column decides every step; the others are learnt last or never.
    Mistaken for: a rate that is too high or too low, since no one rate suits all columns.
    Remedy: standardise the inputs.
    Source: LeCun et al. 1998, "Efficient BackProp", section 4.3; paired bootstrap against a random forest.
    """
    if normalise != "none" or skill.short is None or skill.short.low <= 0 or skill.short.value < SHORT:
        return None
    values = np.asarray(sample_x)
    if values.dtype.kind not in "fiub" or values.ndim < 2 or not len(values):
        return None
    values = values.reshape(len(values), -1).astype(float)
    values = values[:, np.isfinite(values).all(0)]
    spread = values.std(0)
    spread = spread[spread > 0]
    if not len(spread):
        return None
    apart, size = float(spread.max() / spread.min()), float(np.abs(values).max())
    if (values.shape[1] == 1 or apart < APART) and size < LARGE:
        return None
    return Finding(
        "inputs-unscaled",
        "warning",
        "Inputs reach the network on their raw scales.",
        evidence=f"spreads of the columns from {spread.min():.2g} to {spread.max():.2g}, values up to {size:.3g}; a"
        f" random forest is better by {skill.short.value:.2f} of skill",
        remedy="standardise the inputs",
        confidence=0.85,
        readings=(Reading("input_scale", size, 0), Reading("input_scale_ratio", apart, 0)),
        limit=APART,
        source="LeCun et al. 1998, section 4.3",
        change={"data.normalise": "standardise"},
    )
