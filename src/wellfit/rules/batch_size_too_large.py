"""So few steps an epoch that training runs out of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.trend import improving, unrest

FEW_STEPS, A_PASS, LEFT = 300, 5, 0.2


def batch_size_too_large(
    valid_loss: Track,
    train_loss: Track,
    batch_size: Track,
    chance_loss: float,
    n_train: int,
    loss: Track | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Finding | None:
    """The minibatch is too large for these rows.

    Sees: at most 5 steps an epoch and under 300 in all, a validation loss that was still falling when training
    ended, and a training loss above a fifth of chance.
    Hurts: each pass over the rows buys only a few steps.
    Mistaken for: too few epochs, which would mend it as well, at a higher price; a rate that is too low.
    Remedy: a batch of about a twentieth of the training rows.
    Source: Masters and Luschi 2018 (small batches train best for a given number of passes); false alarms in
    docs/verdict.md.
    """
    if not len(batch_size) or not len(train_loss) or unrest(train_loss, loss, chance_loss, valid_loss):
        return None
    size, steps = float(np.median(batch_size.values)), int(valid_loss.steps[-1]) if len(valid_loss) else 0
    a_pass = np.ceil(n_train / max(size, 1.0))
    if (
        a_pass > A_PASS
        or steps >= FEW_STEPS
        or train_loss.last < LEFT * chance_loss
        or not improving(valid_loss, chance_loss)
    ):
        return None
    smaller = int(max(8, 2 ** np.floor(np.log2(max(8, n_train / 20)))))
    if smaller >= size:
        return None
    return Finding(
        "batch-size-too-large",
        "warning",
        "Batches are so large that training runs out of steps.",
        evidence=f"{size:,.0f} of {n_train:,} rows a step: {a_pass:.0f} steps an epoch, {steps:,} in all, and the loss"
        " was still falling",
        remedy=f"a batch of {smaller}",
        confidence=0.82,
        step=steps,
        readings=(Reading("batch_size", size, steps, unit="examples"),),
        limit=FEW_STEPS,
        source="Masters and Luschi 2018",
        change={"training.batch_size": smaller},
    )
