"""Steps so large that they throw the network off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.trend import largest_step, unrest
from wellfit.nouns.units import figure

LARGE, HUGE, LEFT = 0.03, 0.2, 0.5
"""Largest median update-to-weight ratio over the layers, from which steps count as large: 30 and 200 times the 1e-3
that CS231n (Neural Networks 3) calls healthy. In healthy trainings the largest was 0.06 (docs/verdict.md)."""

WHILE_TRAINING = True  # what it claims holds in the middle as at the end


def lr_too_high(
    train_loss: Track,
    chance_loss: float,
    loss: Track | None = None,
    valid_loss: Track | None = None,
    update_ratio: Mapping[str, Track] | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Finding | None:
    """The step size is too large.

    Sees: the loss breaks, blows up, ends far above its lowest or jumps, while single updates move the weights by
    3 % of their size or more; or updates of 20 % and more, and a training loss that ends above half of chance.
    Hurts: the network is thrown out of every valley it finds; ReLU units may die for good on the way.
    Mistaken for: exploding gradients (rare spikes between ordinary steps), bad data (not finite from the start).
    Remedy: a rate ten times lower; warm-up or a norm layer where that is too slow.
    Source: limits of nouns/trend.py, false alarms in docs/verdict.md; update ratios: CS231n, Neural Networks 3.
    """
    restless = unrest(train_loss, loss, chance_loss, valid_loss)
    largest = largest_step(update_ratio, None if restless is None else restless.step + 1)
    if restless is None:
        if not len(train_loss) or largest is None or largest < HUGE or not train_loss.last > LEFT * chance_loss:
            return None
        said, step, sure = f"the training loss stays at {figure(train_loss.last)}", int(train_loss.steps[-1]), 0.65
    else:
        if largest is not None and largest < LARGE:
            return None
        said, step, sure = restless.words, restless.step, 0.6 if largest is None else 0.9
    lr = (recipe or {}).get("training.lr")
    moved = "" if largest is None else f"; single updates reached {figure(largest, 2)} of the weights"
    return Finding(
        "lr-too-high",
        "error",
        "The step size is too large.",
        evidence=said + moved,
        remedy=f"a rate ten times lower{f' ({figure(lr / 10, 2)}, now {figure(lr, 2)})' if lr else ''}",
        confidence=sure,
        step=step,
        readings=() if largest is None else (Reading("update_ratio", largest, step),),
        limit=LARGE if restless else HUGE,
        source="CS231n, Neural Networks 3; limits measured on healthy trainings (docs/verdict.md)",
        change={"training.lr": lr / 10} if lr else {},
    )
