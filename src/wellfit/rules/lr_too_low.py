"""Steps so small that training hardly gets anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.trend import falls, finite, largest_step, steps_taken
from wellfit.nouns.units import figure

SMALL, ORDINARY, AIM = 1e-4, 1e-2, 1e-3
LEFT = 0.3


def lr_too_low(
    train_loss: Track,
    chance_loss: float,
    update_ratio: Mapping[str, Track],
    recipe: Mapping[str, Any] | None = None,
) -> Finding | None:
    """The step size is too small.

    Sees: in the first half of training updates move the weights by under 1e-4 of their size, none of all by over
    1e-2 (which may leave a dead network that hardly moves), while the training
    loss ends above 0.3 of chance and either never moved or fell in its last third at half the speed of its middle
    one, or faster: a straight line instead of a curve that levels out.
    Hurts: the network stays near where it began; time runs out before it has learnt what it could.
    Mistaken for: too few epochs (same curve, ordinary steps), zero weights (no gradient at all), a network that
    is too small (levels out).
    Remedy: a rate higher by as many powers of ten as bring updates to about 1e-3.
    Source: CS231n, Neural Networks 3: "this ratio should be somewhere around 1e-3"; outside 1e-4 to 1e-1 is wrong.
    """
    moved = steps_taken(update_ratio)
    values = finite(train_loss) / chance_loss
    if (
        moved is None
        or moved >= SMALL
        or (largest_step(update_ratio) or 0.0) > ORDINARY
        or len(values) < 3
        or values[-1] < LEFT
        or not np.isfinite(train_loss.last)
    ):
        return None
    middle, last = falls(values)
    still = abs(values[0] - values[-1]) < 0.02
    straight = last > 0.01 and last > middle / 2
    if not (still or straight):
        return None
    lr, factor = (recipe or {}).get("training.lr"), 10 ** max(1, round(np.log10(AIM / moved)))
    return Finding(
        "lr-too-low",
        "error" if still else "warning",
        "The step size is too small.",
        evidence=f"updates are {figure(moved, 2)} of the weights; the training loss "
        + (
            f"stayed at {figure(train_loss.last)}"
            if still
            else f"still falls in a straight line, to {figure(train_loss.last)}"
        ),
        remedy=f"a rate {factor:,} times higher{f' ({figure(factor * lr, 2)}, now {figure(lr, 2)})' if lr else ''}",
        confidence=0.85,
        step=int(train_loss.steps[-1]),
        readings=(Reading("update_ratio", moved, int(train_loss.steps[-1])),),
        limit=SMALL,
        source="CS231n, Neural Networks 3",
        change={"training.lr": factor * lr} if lr else {},
    )
