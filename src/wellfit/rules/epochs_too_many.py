"""Training that went on long after the validation loss was at its best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.trend import climb, finite, unrest
from wellfit.nouns.units import figure

ROSE, EARLY = 0.1, 0.6


def epochs_too_many(
    valid_loss: Track,
    train_loss: Track,
    chance_loss: float,
    loss: Track | None = None,
    valid_loss_se: Track | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Finding | None:
    """Went on long past its best.

    Sees: the validation loss was lowest in the first 60 % of the epochs and ended above that by a tenth of chance
    and by more than half a standard error (the rows are the same, so most of their error cancels).
    Hurts: time, and the result too where the last weights are kept instead of the best ones.
    Mistaken for: a training that broke (the training loss rises as well; then this rule is silent).
    Remedy: early stopping, or fewer epochs. The best weights were kept, so this is for information.
    Source: Prechelt 1998, "Early stopping - but when?"; the rise measured on healthy trainings (docs/verdict.md).
    """
    values = finite(valid_loss)
    if len(values) < 8 or unrest(train_loss, loss, chance_loss, valid_loss):
        return None
    best = int(np.nanargmin(valid_loss.values))
    rise = climb(values)
    error = float(valid_loss_se.values[best]) if valid_loss_se is not None and len(valid_loss_se) > best else 0.0
    if best + 1 > EARLY * len(valid_loss) or rise < max(ROSE * chance_loss, error / 2):
        return None
    step, epoch = int(valid_loss.steps[best]), valid_loss.epochs[best]
    stops = (recipe or {}).get("training.patience", 0)
    return Finding(
        "epochs-too-many",
        "info",
        "Training went on long past its best; the best weights were kept.",
        evidence=f"validation loss {figure(valid_loss.values[best])} in epoch {epoch:g} of {len(valid_loss)},"
        f" {figure(valid_loss.last)} at the end",
        remedy="early stopping" if not stops else f"{max(1, int(1.5 * epoch))} epochs",
        confidence=0.9,
        step=step,
        readings=(Reading("valid_loss", float(valid_loss.values[best]), step, float(epoch)),),
        limit=ROSE,
        source="Prechelt 1998; measured on healthy trainings (docs/verdict.md)",
        change={"training.patience": max(5, len(valid_loss) // 10)}
        if not stops
        else {"training.epochs": max(1, int(1.5 * epoch))},
    )
