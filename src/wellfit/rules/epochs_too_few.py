"""Training that ended while the validation loss was still falling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.skill import Skill
from wellfit.nouns.trend import STILL_LAST, improving, unrest


def epochs_too_few(
    valid_loss: Track,
    train_loss: Track,
    chance_loss: float,
    loss: Track | None = None,
    recipe: Mapping[str, Any] | None = None,
    epochs: int | None = None,
    skill: Skill | None = None,
) -> Finding | None:
    """Stopped while still improving.

    Sees: the best epoch lies within the last tenth, and the validation loss fell by over 3 % of chance in its
    middle third, over 0.5 % (and three times its jitter) in its last, and over 6 % in both. Of a network that is
    overfitted the last fall has to be over 2 %, since more epochs would feed that as well.
    Hurts: what more passes would bring is missing.
    Mistaken for: the last fall that bringing down the rate gives any training (its middle third is flat), a rate
    that is too low (the same curve, with tiny updates).
    Remedy: twice the epochs.
    Source: measured on healthy trainings, false alarms in docs/verdict.md.
    """
    better = improving(valid_loss, chance_loss, skill is not None and skill.overfitted)
    if better is None or unrest(train_loss, loss, chance_loss, valid_loss):
        return None
    planned = (recipe or {}).get("training.epochs", epochs)
    step = int(valid_loss.steps[-1])
    return Finding(
        "epochs-too-few",
        "warning",
        "Training ended while the validation loss was still falling.",
        evidence=f"it fell by {better[0]:.1%} of chance in the middle third, by {better[1]:.1%} in the last",
        remedy=f"{2 * planned} epochs instead of {planned}" if planned else "more epochs",
        confidence=0.8,
        step=step,
        readings=(Reading("valid_loss", valid_loss.last, step),),
        limit=STILL_LAST,
        source="measured on healthy trainings (docs/verdict.md)",
        change={"training.epochs": 2 * planned} if planned else {},
    )
