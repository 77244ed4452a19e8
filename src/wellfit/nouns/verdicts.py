"""Verdicts: which of the seven words fits a training, what proves it, and how sure that is.

The definitions stand in docs/verdict.md, in the order in which they are asked here; the first that holds is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from wellfit.nouns import shelf
from wellfit.nouns.skill import LOST, SURELY_LOST, Skill
from wellfit.nouns.task import Ends, task_of
from wellfit.nouns.trend import improving, largest_step, unrest
from wellfit.nouns.units import percent

FEWEST_VALID = 15
"""Validation rows under which no verdict is given: what 3 / n of all rows do may not show in n (the "rule of
three", Hanley and Lippman-Hand 1983), and 3 / 15 is the fifth that decides about overfitting."""
NOTHING, MEMORISED, THROWN = 0.05, 0.5, 0.2
HALF, WIDE, FAR = 0.5, 1.0, 0.1
SHORT, LITTLE, POOR = 0.05, 0.1, 0.5


class Word(NamedTuple):
    """A verdict, its proof as a sentence without its full stop, and the share of resamples that agree."""

    fault: str
    proof: str
    confidence: float = 1.0


def ends_of(have: Mapping[str, Any]) -> Ends:
    """The ends of the scale of skill, as the task says."""
    return task_of(have["task"]).ends if have.get("task") in shelf.names("tasks") else Ends()


def word_for(have: Mapping[str, Any], skill: Skill | None) -> Word:
    """The verdict on what was measured: tracks and facts by name, and the skill they give."""
    chance = float(have.get("chance_loss", np.nan))
    chance = chance if chance > 0 else np.nan
    ends = ends_of(have)
    train_loss, valid_loss = have.get("train_loss"), have.get("valid_loss")
    restless = unrest(train_loss, have.get("loss"), chance, valid_loss) if train_loss is not None else None
    good = skill is not None and skill.valid.low > POOR
    if restless and not (good and restless.kind == "blew up"):  # a blow-up that was got over is no verdict
        kept = (
            f"; the weights of its best epoch are kept: {_both(skill, ends)}" if skill and skill.valid.low > 0 else ""
        )
        return Word("unstable", _capital(restless.words) + kept)
    if skill is None:
        return Word("not-learning", "Answers or losses are not finite")
    if skill.n_valid < FEWEST_VALID:
        return Word("too-noisy", f"{skill.n_valid} validation rows are too few to tell")
    if _nothing(skill) and (step := largest_step(have.get("update_ratio")) or 0.0) > THROWN:
        return Word("unstable", f"Single updates of {percent(step, 0)} of the weights threw the network off for good")
    if _nothing(skill):
        by_heart = train_loss is not None and len(train_loss) and train_loss.last < 0.8 * chance
        also = ", though training rows were learnt by heart" if by_heart else ""
        said = f"No better than {ends.low} on validation rows (skill {skill.valid.value:.2f}){also}"
        return Word("not-learning", said, float((skill.valid.samples < NOTHING).mean()))
    if valid_loss is not None and (fell := improving(valid_loss, chance, skill.overfitted)):
        middle, last = (percent(share) for share in fell)
        said = f"The validation loss was still falling: by {middle} of chance in the middle third, {last} in the last"
        return Word("still-improving", f"{said}; so far {_both(skill, ends)}")
    if _vague(skill):
        low, high = percent(max(0.0, skill.lost.low), 0), percent(min(1.0, skill.lost.high), 0)
        return Word("too-noisy", f"Between {low} and {high} of what was learnt may be lost on new rows")
    return _fit(skill, ends)


def _nothing(skill: Skill) -> bool:
    """Is nothing proved to hold beyond the training rows, and little possible?"""
    proved = skill.valid.low > 0 and skill.valid.high > NOTHING / 5
    return not proved and skill.valid.value < NOTHING and skill.train.value < MEMORISED


def _vague(skill: Skill) -> bool:
    """Can the validation rows not tell whether nothing or half of what was learnt is lost?"""
    lost, gap = skill.lost, skill.gap
    wide = lost.high >= HALF or lost.high - lost.low >= WIDE
    return wide and lost.low <= SURELY_LOST and gap.high - gap.low >= FAR


def _fit(skill: Skill, ends: Ends) -> Word:
    """Overfitted, underfitted or well-fitted, of a training that learnt something and came to its end."""
    both, lost, short = _capital(_both(skill, ends)), skill.lost, skill.short
    share = percent(lost.value, 0)
    if skill.overfitted:
        agree = float((lost.samples >= LOST).mean())
        return Word("overfitted", f"{both}: {share} of what was learnt does not carry over", agree)
    forest = "" if short is None else f"a random forest gets {percent(skill.reached, 0)}"
    if short is not None and short.value >= SHORT and short.low > 0 and skill.train.value < skill.reached:
        return Word("underfitted", f"{both}, where {forest}", float((short.samples >= SHORT).mean()))
    limit = (POOR if short is None else LITTLE) if ends.reachable else 0.0
    if skill.train.value < limit:
        return Word("underfitted", both, float((skill.train.samples < limit).mean()))
    note = "" if skill.gap.low <= 0 else f"; {share} of what was learnt does not carry over"
    beside = "" if short is None else f"; {forest}"
    return Word("well-fitted", f"{both}{note}{beside}", float((lost.samples < LOST).mean()))


def _both(skill: Skill, ends: Ends) -> str:
    train, valid = percent(skill.train.value, 0), percent(skill.valid.value, 0)
    way = f"of the way from {ends.low} to {ends.high}"
    return f"{valid} {way} on validation rows, {train} on training rows"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
