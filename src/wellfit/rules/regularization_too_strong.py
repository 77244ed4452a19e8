"""Dropout or a penalty that keeps the network from fitting even its training rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.skill import Skill
from wellfit.nouns.trend import unrest
from wellfit.nouns.units import figure

FITTED, LOST = 0.8, 0.2
HALF_DROPOUT, NOISE = 0.5, 0.2
SHRUNK, HEAVY = 0.3, 1e-3


def regularization_too_strong(
    skill: Skill,
    recipe: Mapping[str, Any],
    train_loss: Track,
    valid_loss: Track,
    chance_loss: float,
    loss: Track | None = None,
    weight_norm: Mapping[str, Track] | None = None,
) -> Finding | None:
    """Dropout, L1 or L2 keeps the network from fitting.

    Sees: skill under 0.8 on training rows, and of that little lost on validation rows; with it either dropout of
    0.5 or more that raises the training loss by a fifth of chance over the loss without dropout, or a penalty
    under which the weights shrink to under 0.3 of what they began with.
    Hurts: the network cannot say what it could know.
    Mistaken for: a network that is too small, a rate that is too low, noisy data.
    Remedy: a third of the dropout, a tenth of the penalty.
    Source: Srivastava et al. 2014 (dropout 0.5 for hidden units at most); shrinkage: in healthy trainings weights
    kept 0.86 of their norm or more (docs/verdict.md).
    """
    if skill.train.value >= FITTED or skill.lost.low >= LOST or unrest(train_loss, loss, chance_loss, valid_loss):
        return None
    best = int(np.nanargmin(valid_loss.values))
    step = int(valid_loss.steps[best])
    dropout = recipe.get("network.dropout", 0.0)
    noise = (float(train_loss.values[best]) - float(valid_loss.values[best])) / chance_loss
    if dropout >= HALF_DROPOUT and noise > NOISE:
        said = f"with dropout {dropout:g} the training loss is {figure(train_loss.values[best])}, without it the"
        said += f" validation loss is {figure(valid_loss.values[best])}"
        change = {"network.dropout": round(dropout / 3, 2)}
        return _finding(
            "Dropout keeps the network from fitting.", said, change, Reading("train_loss", train_loss.last, step), NOISE
        )
    kept = _shrunk(weight_norm)
    for key in ("training.l2", "training.l1"):
        penalty = recipe.get(key) or 0.0
        if penalty > HEAVY and kept is not None and kept < SHRUNK:
            said = f"{key[-2:].upper()} penalty {penalty:g}; the weights shrank to {kept:.2g} of what they began with"
            reading = Reading("weight_norm", kept, step)
            return _finding(
                "The penalty on weights keeps the network from fitting.", said, {key: penalty / 10}, reading, SHRUNK
            )
    return None


def _finding(summary: str, evidence: str, change: dict[str, Any], reading: Reading, limit: float) -> Finding:
    key, value = next(iter(change.items()))
    return Finding(
        "regularization-too-strong",
        "warning",
        summary,
        evidence=evidence,
        remedy=f"less of it ({key} = {value:g})",
        confidence=0.85,
        step=reading.step,
        readings=(reading,),
        limit=limit,
        source="Srivastava et al. 2014; measured on healthy trainings (docs/verdict.md)",
        change=change,
    )


def _shrunk(weight_norm: Mapping[str, Track] | None) -> float | None:
    """Norm of all layers that began above 0, at the end over the beginning: the median layer."""
    found = [t.values[-1] / t.values[0] for t in (weight_norm or {}).values() if len(t) > 1 and t.values[0] > 0]
    return float(np.median(found)) if found else None
