"""Weights that start at zero, far too small or far too large."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.units import figure

FAR = 30.0
FADED = 1e-3
LEFT = 0.5

WHILE_TRAINING = True  # what it claims holds in the middle as at the end


def init_unsuitable(
    loss: Track,
    train_loss: Track,
    chance_loss: float,
    grad_norm: Mapping[str, Track] | None = None,
    activation_std: Mapping[str, Track] | None = None,
) -> Finding | None:
    """The weights start at zero, too small or too large.

    Sees: hidden layers whose gradient is exactly 0 from the first step on; activations whose spread shrinks to
    under 1e-3 of the first layer's before the last, with a training loss that ends above half of chance; or a
    first loss over 30 times what the best constant answer costs.
    Hurts: equal weights stay equal for ever; a signal that fades leaves nothing to learn from; large weights start
    with loud wrong answers, and what is learnt afterwards only corrects them.
    Mistaken for: inputs or targets on a wrong scale (the first loss is high as well), a rate that is too low.
    Remedy: He initialisation for ReLU-like activations, Xavier for tanh and sigmoid.
    Source: Glorot and Bengio 2010, He et al. 2015; first loss: CS231n, "Babysitting the learning process"; in
    healthy trainings the first loss was at most 8 times chance (docs/verdict.md).
    """
    silent = _without_gradient(grad_norm)
    if silent:
        said = f"the gradient of {', '.join(silent)} is exactly 0 at every measured step"
        return _finding(
            "Some layers never get a gradient: their weights, or those after them, start at zero.",
            said,
            "error",
            0.9,
            None,
        )
    if not len(loss) or not len(train_loss):
        return None
    first = float(loss.values[0])
    if first > FAR * chance_loss and np.isfinite(first):
        said = f"the first loss is {figure(first)}, {figure(first / chance_loss, 2)} times chance"
        return _finding(
            "The weights start too large.", said, "warning", 0.6, Reading("loss", first, int(loss.steps[0])), FAR
        )
    faded = _faded(activation_std)
    if faded is not None and faded < FADED and train_loss.last > LEFT * chance_loss:
        said = f"the spread of activations shrinks to {faded:.1e} of the first layer's on the way"
        return _finding(
            "The weights start too small.", said, "warning", 0.7, Reading("activation_std", faded, 0), FADED
        )
    return None


def _finding(
    summary: str, evidence: str, severity, confidence: float, reading: Reading | None, limit: float | None = None
) -> Finding:
    return Finding(
        "init-unsuitable",
        severity,
        summary,
        evidence=evidence,
        remedy="He initialisation (ReLU-like) or Xavier (tanh, sigmoid); see that inputs and targets are scaled",
        confidence=confidence,
        step=0,
        readings=() if reading is None else (reading,),
        limit=limit,
        source="Glorot and Bengio 2010; He et al. 2015; CS231n, babysitting the learning process",
        change={"network.init": "he"},
    )


def _without_gradient(grad_norm: Mapping[str, Track] | None) -> list[str]:
    """Layers whose gradient is 0 at each of at least three samples, the first included."""
    return [name for name, t in (grad_norm or {}).items() if len(t) >= 3 and t.steps[0] == 0 and not t.values.any()]


def _faded(activation_std: Mapping[str, Track] | None) -> float | None:
    """Smallest spread of a later layer over that of the first, at the first sample."""
    first = [float(t.values[0]) for t in (activation_std or {}).values() if len(t) and np.isfinite(t.values[0])]
    return min(first[1:]) / first[0] if len(first) > 1 and first[0] > 0 else None
