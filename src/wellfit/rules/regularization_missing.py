"""A network that goes on learning its training rows by heart while the validation loss rises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.advice import MUCH_DROPOUT, advice, text
from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.skill import LOST, Skill
from wellfit.nouns.trend import climb, finite, unrest
from wellfit.nouns.units import figure

ROSE = 0.05

WHILE_TRAINING = True  # what it claims holds in the middle as at the end


def regularization_missing(
    skill: Skill,
    train_loss: Track,
    valid_loss: Track,
    chance_loss: float,
    loss: Track | None = None,
    valid_loss_se: Track | None = None,
    recipe: Mapping[str, Any] | None = None,
    parameters: int = 0,
    n_train: int = 0,
    kind: str = "",
) -> Finding | None:
    """It overfits and nothing holds it back.

    Sees: the validation loss rises from its lowest by 5 % of chance and by more than half a standard error (the rows
    are the same, so most of their error cancels), while the training loss goes on falling; and at the best weights a
    fifth or more of the skill on training rows does not carry over (its 95 % interval above a tenth). With dropout
    at 0.3 or more this rule is silent.
    Hurts: what was learnt by heart is of no use on new rows.
    Mistaken for: too few or unlike validation rows; wrong labels, which can only be learnt by heart.
    Remedy: more data, augmentation, dropout, a stronger L2 penalty, a smaller network; early stopping limits it.
    Source: definition of overfitting (Goodfellow et al. 2016, section 5.2); rate of false alarms in docs/verdict.md.
    """
    held = (recipe or {}).get("network.dropout", 0.0) >= MUCH_DROPOUT
    if held or skill.valid.low <= 0 or not skill.overfitted or unrest(train_loss, loss, chance_loss, valid_loss):
        return None
    rise = climb(finite(valid_loss))
    best = int(np.nanargmin(valid_loss.values))
    error = float(valid_loss_se.values[best]) if valid_loss_se is not None and len(valid_loss_se) > best else 0.0
    if rise < max(ROSE * chance_loss, error / 2) or not train_loss.last < train_loss.values[best]:
        return None
    have = {"recipe": recipe, "parameters": parameters, "n_train": n_train, "kind": kind}
    remedies = advice("overfitted", have, skill)
    step = int(valid_loss.steps[best])
    return Finding(
        "regularization-missing",
        "warning",
        "The network learns its training rows by heart, and nothing holds it back.",
        evidence=f"from epoch {valid_loss.epochs[best]:g} on the validation loss rose by {figure(rise)} while the"
        f" training loss fell to {figure(train_loss.last)}; {skill.lost.value:.0%} of the skill does not carry over",
        remedy=text(remedies),
        confidence=0.8,
        step=step,
        readings=(Reading("valid_loss", float(valid_loss.values[best]), step), Reading("lost", skill.lost.value, step)),
        limit=LOST,
        source="Goodfellow et al. 2016, section 5.2; measured false-alarm rate in docs/verdict.md",
        change=next((change for _, change in remedies if change), {}),
    )
