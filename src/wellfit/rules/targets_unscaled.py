"""Regression targets far from a scale of 1, behind a training that falls short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.skill import Skill

LARGE, SHORT = 10.0, 0.05


def targets_unscaled(task: str, train_truth: np.ndarray, skill: Skill, recipe: Mapping[str, Any]) -> Finding | None:
    """Regression targets on a scale that the head, the loss or the step size cannot follow.

    Sees: targets are taken as they are, their mean or spread is over 10 or under 0.1 in size, and a random forest,
    which does not care for scales, does better by 0.05 of skill at least.
    Hurts: the last layer has to grow to that size in small steps, or the loss and its gradients are huge.
    Mistaken for: a rate that is too low or too high, a network that is too small.
    Remedy: standardise the targets; predictions come back in their own units.
    Source: LeCun et al. 1998, "Efficient BackProp", section 4.5; paired bootstrap against a random forest.
    """
    if task != "regression" or recipe.get("data.normalise_targets") != "none" or not len(train_truth):
        return None
    if skill.short is None or skill.short.low <= 0 or skill.short.value < SHORT:
        return None
    values = np.asarray(train_truth, float).reshape(len(train_truth), -1)
    middle, spread = float(np.abs(values.mean(0)).max()), values.std(0)
    if middle < LARGE and spread.max() < LARGE and spread.min() > 1 / LARGE:
        return None
    return Finding(
        "targets-unscaled",
        "warning",
        "Targets reach the loss on their raw scale.",
        evidence=f"targets around {middle:.3g} with a spread of {spread.max():.3g}; a random forest is better by"
        f" {skill.short.value:.2f} of skill",
        remedy="standardise the targets",
        confidence=0.86,
        readings=(Reading("target_spread", float(spread.max()), 0), Reading("target_mean", middle, 0)),
        limit=LARGE,
        source="LeCun et al. 1998, section 4.5",
        change={"data.normalise_targets": "standardise"},
    )
