"""A network that levels out below what a forest learns from the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.skill import Skill
from wellfit.nouns.trend import falls, finite, improving, largest_step, steps_taken, unrest
from wellfit.nouns.verdicts import FEWEST_VALID

SHORT, LOST, LEARNT, LEVEL = 0.05, 0.15, 0.05, 0.02
MUCH_DROPOUT, SMALL, HUGE = 0.5, 1e-4, 0.2


def capacity_too_small(
    skill: Skill,
    train_loss: Track,
    valid_loss: Track,
    chance_loss: float,
    loss: Track | None = None,
    update_ratio: Mapping[str, Track] | None = None,
    recipe: Mapping[str, Any] | None = None,
    parameters: int | None = None,
) -> Finding | None:
    """The network cannot represent the relation, however long it trains.

    Sees: training has levelled out with steps of an ordinary size, training and validation rows are answered
    alike (under 15 % of the skill lost), and yet a random forest does better on the same validation rows, by 0.05
    of skill at least, with the 95 % interval above 0, and better than the network on its own training rows.
    Hurts: there is more to be learnt than the network can hold.
    Mistaken for: noisy data (the forest does no better), too few epochs, a rate too low, too much dropout.
    Remedy: wider layers, or one layer more.
    Source: paired bootstrap against a reference (Breiman 2001); rate of false alarms in docs/verdict.md.
    """
    short = skill.short
    if short is None or short.value < SHORT or short.low <= 0 or skill.lost.value > LOST or skill.train.value < LEARNT:
        return None
    if skill.train.value >= skill.reached or skill.n_valid < FEWEST_VALID:
        return None
    moved = steps_taken(update_ratio)
    hindered = (recipe or {}).get("network.dropout", 0.0) >= MUCH_DROPOUT or (moved is not None and moved < SMALL)
    hindered = hindered or (largest_step(update_ratio) or 0.0) > HUGE
    level = len(values := finite(train_loss)) < 3 or falls(values)[1] < LEVEL * chance_loss
    if hindered or not level or improving(valid_loss, chance_loss) or unrest(train_loss, loss, chance_loss, valid_loss):
        return None
    widths = (recipe or {}).get("network.widths")
    wider = {} if widths is None else {"network.widths": tuple(max(16, 2 * w) for w in widths) or (64, 64)}
    step = int(valid_loss.steps[-1])
    return Finding(
        "capacity-too-small",
        "warning",
        "The network levels out below what can be learnt from these rows.",
        evidence=f"skill {skill.train.value:.2f} on training rows, {skill.valid.value:.2f} on validation rows, where a"
        f" random forest reaches {skill.reached:.2f} (better by {short.low:.2f} to {short.high:.2f})"
        + (f"; {parameters:,} parameters" if parameters else ""),
        remedy="wider layers" + (f" {wider['network.widths']}" if wider else "") + ", or one layer more",
        confidence=0.75,
        step=step,
        readings=(Reading("skill_train", skill.train.value, step), Reading("short", short.value, step)),
        limit=SHORT,
        source="paired bootstrap against a random forest; measured false-alarm rate in docs/verdict.md",
        change=wider,
    )
