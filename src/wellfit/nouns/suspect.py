"""Suspect: the likeliest plain cause of a check's failure, from what can be seen without a trial."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.task import known
from wellfit.nouns.units import figure

SCALE = (0.02, 20.0)
"""Root mean square outside which prepared inputs or targets count as unscaled. The lecture's aim is 1; pictures in
0..1 have 0.1 to 0.7, MNIST's mostly black ones 0.33."""
GAIN = (0.02, 20.0)
"""Spread of a layer's weights times sqrt(fan in) outside which its start counts as unsuitable: He's is 1.4,
Xavier's about 1, PyTorch's default 0.6; beyond, a layer scales its inputs by more than 10 either way."""


@dataclass(frozen=True)
class Cause:
    """fault: a label of the shared vocabulary; why: the figure that speaks for it; remedy: what to do; change: the
    cure as an edit of the recipe."""

    fault: str
    why: str = ""
    remedy: str = ""
    change: dict[str, Any] = field(default_factory=dict)


STANDARDISE = "standardise the inputs: data.normalise = standardise"
STANDARDISE_TARGETS = "standardise the targets: data.normalise_targets = standardise"
START = "start from He's weights (ReLU) or Xavier's (tanh, sigmoid): network.init"


def suspect(case: Case, network: nn.Module, x: Tensor, y: Tensor, otherwise: Cause) -> Cause:
    """The first of these that is plainly so, else `otherwise`: values that are not finite, labels the loss cannot
    read, inputs or targets far from a scale of 1, weights that start equal or far from a gain of 1."""
    return in_data(case, x, y) or in_weights(network) or otherwise


def in_data(case: Case, x: Tensor, y: Tensor) -> Cause | None:
    """A cause in the prepared rows x [N, ...], y [N, ...], or None."""
    y = y[known(y)] if y.ndim > 2 else y  # cells that are not asked for carry a mark
    bad = int((~x.isfinite()).sum()), int((~y.isfinite()).sum())
    if any(bad):
        return Cause(
            "data-nonfinite",
            f"{bad[0]} inputs and {bad[1]} targets are NaN or infinite",
            "impute missing inputs (data.missing = impute), leave out rows without a target",
            {"data.missing": "impute"} if bad[0] else {},
        )
    if len(x) > 1 and bool((x == x[:1]).all()):
        return Cause("inputs-unscaled", "all inputs are the same in every row", "see how the inputs were read")
    size = rms(x)
    if not SCALE[0] <= size <= SCALE[1]:
        why = f"the inputs' root mean square is {figure(size)}"
        return Cause("inputs-unscaled", why, STANDARDISE, {"data.normalise": "standardise"})
    form = case.data.form
    if form == "values":
        size = rms(y)
        if size > SCALE[1] or 0 < size < SCALE[0]:
            change = {"data.normalise_targets": "standardise"}
            why = f"the targets' root mean square is {figure(size)}"
            return Cause("targets-unscaled", why, STANDARDISE_TARGETS, change)
        return None
    if form == "density":
        return None
    low, high = float(y.min()), float(y.max())
    highest = len(case.data.classes) - 1 if form == "classes" and case.data.classes else 1
    if (form == "labels" and not 0 <= low <= high <= 1) or low < 0 or high > max(highest, 1):
        why = f"labels lie between {figure(low)} and {figure(high)}, expected are 0 to {highest}"
        return Cause("labels-encoding", why, "number the labels from 0 upwards")
    return None


def in_weights(network: nn.Module) -> Cause | None:
    """A cause in the weights that the network starts from, or None."""
    for name, weight in network.named_parameters():
        if weight.ndim < 2 or weight.numel() < 2 or min(weight.shape) == 0:
            continue
        w = weight.detach()
        if bool((w == w.flatten()[0]).all()) and weight.shape[0] > 1:
            value = figure(float(w.flatten()[0]))
            return Cause("init-unsuitable", f"all of {name} is {value}", START, {"network.init": "he"})
        gain = float(w.std(correction=0)) * math.sqrt(w[0].numel())
        if not GAIN[0] <= gain <= GAIN[1] and math.isfinite(gain):
            why = f"{name} scales its inputs by about {figure(gain)}, expected is about 1"
            return Cause("init-unsuitable", why, START, {"network.init": "he"})
    return None


def rms(t: Tensor) -> float:
    """Root mean square."""
    return float(torch.linalg.vector_norm(t.float())) / math.sqrt(max(t.numel(), 1))
