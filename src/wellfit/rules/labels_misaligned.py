"""A network that can learn its training rows by heart and yet learns nothing that holds for others."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.skill import Skill
from wellfit.nouns.trend import finite, unrest

LEARNT, NOTHING, FEWEST = 0.9, 0.05, 50


def labels_misaligned(
    skill: Skill, train_loss: Track, valid_loss: Track, chance_loss: float, loss: Track | None = None
) -> Finding | None:
    """Labels do not belong to their inputs.

    Sees: the training loss falls below 0.9 of chance, so the network learns; but in no epoch is the validation
    loss below chance by more than 2 %, and at the best weights the skill on 50 or more validation rows is under
    0.05 with its whole 95 % interval. Where a random forest was asked, it learns nothing either.
    Hurts: nothing can be learnt from answers that belong to other questions.
    Mistaken for: overfitting (there the validation loss is below chance at first), inputs that say nothing about
    the target, which these readings cannot tell from wrong labels; validation rows of another kind.
    Remedy: look at examples beside their labels; look for a shuffle, a sort or a shift done to one and not the other.
    Source: Zhang et al. 2017, "Understanding deep learning requires rethinking generalization": networks fit
    shuffled labels, with no skill on other rows.
    """
    values = finite(valid_loss)
    if not len(values) or not len(train_loss) or unrest(train_loss, loss, chance_loss, valid_loss):
        return None
    learnt = finite(train_loss).min() < LEARNT * chance_loss
    nothing = skill.n_valid >= FEWEST and skill.valid.high < NOTHING and values.min() > 0.98 * chance_loss
    other = skill.short is not None and skill.reached > NOTHING
    if not learnt or not nothing or other:
        return None
    best = int(np.nanargmin(valid_loss.values))
    asked = "" if skill.short is None else "; a random forest learns nothing either"
    return Finding(
        "labels-misaligned",
        "error",
        "Nothing carries over from training rows to validation rows.",
        evidence=f"training loss {finite(train_loss).min() / chance_loss:.0%} of chance, validation loss never below"
        f" {values.min() / chance_loss:.0%}; skill {skill.valid.value:.2f} (at most {skill.valid.high:.2f}) on"
        f" {skill.n_valid:,} validation rows{asked}",
        remedy="see whether the labels belong to their inputs; if they do, the inputs say nothing about the target",
        confidence=0.6 if skill.short is None else 0.8,
        step=int(valid_loss.steps[best]),
        readings=(Reading("skill_valid", skill.valid.value, int(valid_loss.steps[best])),),
        limit=NOTHING,
        source="Zhang et al. 2017",
    )
