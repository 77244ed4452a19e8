"""Hidden units that are dead or saturated, and stay so."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.trend import largest_step, unrest
from wellfit.nouns.units import percent

MOST = 0.7
HUGE = 0.2
VANISHED = 1e-3
LEFT = 0.2

WHILE_TRAINING = True  # what it claims holds in the middle as at the end


def activation_unsuitable(
    train_loss: Track,
    chance_loss: float,
    loss: Track | None = None,
    dead_frac: Mapping[str, Track] | None = None,
    saturated_frac: Mapping[str, Track] | None = None,
    grad_norm: Mapping[str, Track] | None = None,
    update_ratio: Mapping[str, Track] | None = None,
) -> Finding | None:
    """Hidden activations die, saturate, or let the gradient vanish on its way back.

    Sees: over the second half of training more than 70 % of a ReLU layer's units are 0 for whole batches, or more
    than 70 % of a sigmoid's or tanh's activations lie at the ends of its range; or from the start the first
    layer's gradient is under 1e-3 of the last one's behind saturating activations. And the training loss is still
    above a fifth of chance, so that something is left to be gained.
    Hurts: such units pass no gradient back; what lies before them hardly learns.
    Mistaken for: a rate that is too high (units die of updates of 20 % and more of the weights), weights that start
    at zero or too large (dead or saturated from the first step on); in both cases this rule is silent.
    Remedy: leaky ReLU or GELU for dead units; ReLU with a norm layer for saturated ones or vanishing gradients.
    Source: 0.7 dead and 1e-3 vanishing are AutoTrainer's limits (Zhang et al., ICSE 2021); saturation: Glorot and
    Bengio 2010. In healthy trainings the largest shares were 0.25 dead and 0.22 saturated (docs/verdict.md).
    """
    if (largest_step(update_ratio) or 0.0) > HUGE:
        return None
    if not len(train_loss) or not train_loss.last > LEFT * chance_loss or unrest(train_loss, loss, chance_loss):
        return None
    dead, saturated = _late(dead_frac), _late(saturated_frac)
    step = int(train_loss.steps[-1])
    if dead and dead[1] > MOST:
        said = f"{percent(dead[1], 0)} of the units of layer {dead[0]} are 0 for whole batches"
        return _finding(
            "Most units of a layer are dead.",
            said,
            "leaky_relu",
            Reading("dead_frac", dead[1], step, where=dead[0]),
            MOST,
        )
    if saturated and saturated[1] > MOST:
        said = f"{percent(saturated[1], 0)} of the activations of layer {saturated[0]} are at the ends of their range"
        reading = Reading("saturated_frac", saturated[1], step, where=saturated[0])
        return _finding("Most activations of a layer are saturated.", said, "relu", reading, MOST)
    kept = _passed_back(grad_norm)
    if saturated_frac and kept is not None and kept < VANISHED:
        said = (
            f"the gradient of the first layer is {kept:.1e} of the last one's, behind {len(saturated_frac)} such layers"
        )
        return _finding("The gradient vanishes on its way back.", said, "relu", Reading("grad_norm", kept, 0), VANISHED)
    return None


def _finding(summary: str, evidence: str, better: str, reading: Reading, limit: float) -> Finding:
    return Finding(
        "activation-unsuitable",
        "warning",
        summary,
        evidence=evidence,
        remedy=f"another activation ({better.replace('_', ' ')})",
        confidence=0.75,
        step=reading.step,
        readings=(reading,),
        limit=limit,
        source="AutoTrainer (ICSE 2021); Glorot and Bengio 2010",
        change={"network.activation": better},
    )


def _late(layers: Mapping[str, Track] | None) -> tuple[str, float] | None:
    """The layer with the largest median share over the second half, and that share; layers that were so from the
    first step on, which is the doing of their weights or inputs, are left out."""
    found = {}
    for name, t in (layers or {}).items():
        late = t.values[len(t) // 2 :]
        if np.isfinite(late).any() and not t.values[0] > MOST / 2:
            found[name] = float(np.nanmedian(late))
    return max(found.items(), key=lambda item: item[1]) if found else None


def _passed_back(grad_norm: Mapping[str, Track] | None) -> float | None:
    """Gradient norm of the first layer over that of the last, median over the first samples."""
    tracks = list((grad_norm or {}).values())
    if len(tracks) < 2 or not len(tracks[0]) or not len(tracks[-1]):
        return None
    n = min(8, len(tracks[0]), len(tracks[-1]))
    first, last = tracks[0].values[:n], tracks[-1].values[:n]
    ok = np.isfinite(first) & np.isfinite(last) & (last > 0) & (first > 0)
    return float(np.median(first[ok] / last[ok])) if ok.any() else None
