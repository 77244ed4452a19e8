"""Steps so large that they throw the network off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.trend import Unrest, unrest
from wellfit.nouns.units import figure

LARGE = 0.03
"""Largest median update-to-weight ratio over the layers, from which steps count as large: 30 times the 1e-3 that
CS231n (Neural Networks 3) calls healthy. Alone it proves nothing; it has to go with a loss that breaks."""


def lr_too_high(
    train_loss: Track,
    chance_loss: float,
    loss: Track | None = None,
    update_ratio: Mapping[str, Track] | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Finding | None:
    """The step size is too large.

    Sees: the loss breaks, blows up, ends far above its lowest or jumps, while single updates move the weights by
    3 % of their size or more.
    Hurts: the network is thrown out of every valley it finds; ReLU units may die for good on the way.
    Mistaken for: exploding gradients (rare spikes between ordinary steps), bad data (not finite from the start).
    Remedy: a rate ten times lower; warm-up or a norm layer where that is too slow.
    Source: limits of nouns/trend.py, false alarms in docs/verdict.md; update ratios: CS231n, Neural Networks 3.
    """
    restless = unrest(train_loss, loss, chance_loss)
    if restless is None:
        return None
    largest = _largest(update_ratio, restless)
    if largest is not None and largest < LARGE:
        return None
    lr = (recipe or {}).get("training.lr")
    moved = "" if largest is None else f"; up to then updates reached {figure(largest, 2)} of the weights"
    return Finding(
        "lr-too-high",
        "error",
        "The step size is too large.",
        evidence=restless.words + moved,
        remedy=f"a rate ten times lower{f' ({figure(lr / 10, 2)} instead of {figure(lr, 2)})' if lr else ''}",
        confidence=0.9 if largest is not None else 0.6,
        step=restless.step,
        readings=() if largest is None else (Reading("update_ratio", largest, restless.step),),
        limit=LARGE,
        source="CS231n, Neural Networks 3; limits of unrest measured on healthy trainings",
        change={"training.lr": lr / 10} if lr else {},
    )


def _largest(update_ratio: Mapping[str, Track] | None, restless: Unrest) -> float | None:
    """The largest update, median over the layers, up to the moment of unrest. A ratio of 1 and no number left
    counts as 1."""
    if not update_ratio:
        return None
    found: dict[int, list[float]] = {}
    for track in update_ratio.values():
        for step, value in zip(track.steps, track.values):
            if step <= restless.step + 1:
                found.setdefault(int(step), []).append(value if np.isfinite(value) else 1.0)
    return max((float(np.median(values)) for values in found.values()), default=None)
