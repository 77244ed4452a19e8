"""A rate that has fallen to nothing while there was still something to learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.trend import unrest
from wellfit.nouns.units import figure, percent

GONE, EARLY, LEFT = 0.02, 0.5, 0.2


def lr_schedule_unsuitable(
    lr: Track, train_loss: Track, chance_loss: float, loss: Track | None = None, recipe: Mapping[str, Any] | None = None
) -> Finding | None:
    """The rate falls too fast.

    Sees: the rate is under 2 % of its peak before half of the epochs are over; up to there the training loss fell by
    more than 2 % of chance an epoch, from there on by under a tenth of that, and it ends above a fifth of chance.
    Hurts: the rest of the training changes nothing.
    Mistaken for: a network that is too small (it levels out while steps are still of a fair size).
    Remedy: a slower decay (cosine over all epochs, or a larger final rate).
    Source: Loshchilov and Hutter 2017 (decay over the whole training); measured false alarms in docs/verdict.md.
    """
    n = min(len(lr), len(train_loss))
    rate, values = lr.values[:n], train_loss.values[:n] / chance_loss
    if n < 6 or not np.isfinite(values).all() or values[-1] < LEFT or unrest(train_loss, loss, chance_loss):
        return None
    peak = int(rate.argmax())
    gone = np.flatnonzero(rate[peak:] < GONE * rate[peak])
    if not len(gone) or (at := peak + int(gone[0])) >= EARLY * n or at < 1:
        return None
    before = (values[peak] - values[at]) / max(1, at - peak)
    after = (values[at] - values[-1]) / max(1, n - 1 - at)
    if before < 0.02 or after > before / 10:
        return None
    step = int(lr.steps[at])
    return Finding(
        "lr-schedule-unsuitable",
        "warning",
        "The rate falls to nothing while there is still something to learn.",
        evidence=f"under {percent(GONE, 0)} of its peak in epoch {at + 1} of {n}; the training loss then stays at"
        f" {figure(train_loss.last)}, {values[-1]:.0%} of chance",
        remedy="a slower decay: cosine over all epochs",
        confidence=0.85,
        step=step,
        readings=(Reading("lr", float(rate[at]), step),),
        limit=GONE,
        source="Loshchilov and Hutter 2017",
        change={"training.schedule": "cosine"} if (recipe or {}).get("training.schedule") != "cosine" else {},
    )
