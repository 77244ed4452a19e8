"""Gradients that explode once in a while between ordinary steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.trend import unrest
from wellfit.nouns.units import figure

SPIKE = 100.0
ORDINARY = 0.03

WHILE_TRAINING = True  # what it claims holds in the middle as at the end


def gradient_clipping_missing(
    train_loss: Track,
    chance_loss: float,
    grad_norm: Mapping[str, Track],
    loss: Track | None = None,
    update_ratio: Mapping[str, Track] | None = None,
    recipe: Mapping[str, Any] | None = None,
) -> Finding | None:
    """Gradients explode and nothing bounds them.

    Sees: the loss breaks, blows up or jumps, and at some sampled step the whole gradient is over 100 times its
    median so far or not finite, after at least five ordinary steps whose updates moved the weights by under 3 %.
    Hurts: one such step undoes what a thousand ordinary ones learnt.
    Mistaken for: a rate that is too high (large from the first steps on), non-finite data.
    Remedy: clip the gradient's norm, at about its usual size.
    Source: Pascanu et al. 2013, "On the difficulty of training recurrent neural networks", algorithm 1.
    """
    clipped = (recipe or {}).get("training.clip", 0.0)
    if clipped or not grad_norm or unrest(train_loss, loss, chance_loss) is None:
        return None
    steps, whole = _whole(grad_norm)
    for i in range(5, len(whole)):
        usual = float(np.median(whole[:i]))
        if np.isfinite(whole[:i]).all() and not whole[i] <= SPIKE * usual and _ordinary(update_ratio, steps[i]):
            break
    else:
        return None
    step = int(steps[i])
    return Finding(
        "gradient-clipping-missing",
        "error",
        "The gradient exploded and nothing bounded it.",
        evidence=f"gradient norm {figure(float(whole[i]))} at step {step:,}, {figure(usual)} in the steps before",
        remedy=f"clip the gradient's norm (training.clip = {figure(usual, 1)})",
        confidence=0.95,
        step=step,
        readings=(Reading("grad_norm", float(whole[i]), step),),
        limit=SPIKE,
        source="Pascanu et al. 2013",
        change={"training.clip": float(f"{usual:.1g}")},
    )


def _whole(grad_norm: Mapping[str, Track]) -> tuple[np.ndarray, np.ndarray]:
    """Steps and the norm of all layers' gradients together at each."""
    tracks = [t for t in grad_norm.values() if len(t)]
    n = min((len(t) for t in tracks), default=0)
    squares = sum((t.values[:n] ** 2 for t in tracks), np.zeros(n))
    return (tracks[0].steps[:n] if tracks else np.zeros(0, int)), np.sqrt(squares)


def _ordinary(update_ratio: Mapping[str, Track] | None, step: int) -> bool:
    """Were updates before `step` of an ordinary size?"""
    before = [t.values[(t.steps < step) & np.isfinite(t.values)] for t in (update_ratio or {}).values()]
    medians = [float(np.median(v)) for v in before if len(v)]
    return not medians or float(np.median(medians)) < ORDINARY
