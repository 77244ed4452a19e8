"""Attributed: examples, and what each method says of them, with what its checks found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.aim import Aim
from wellfit.nouns.look import Look
from wellfit.verbs.explain.trust import Curves

NAMES = {
    "gradient": "gradient",
    "input_x_gradient": "input × gradient",
    "integrated_gradients": "integrated gradients",
    "smoothgrad": "SmoothGrad",
    "grad_cam": "Grad-CAM",
    "occlusion": "occlusion",
    "shapley": "Shapley values",
}


@dataclass(frozen=True)
class Attributed:
    """One method: word; parts [B, *shape] or [B, 1, *cells]; error: median of |sum − what it has to be| beside the
    median of the latter, None where nothing is promised; randomised: (layer, rank correlation of sizes, with signs), the
    last layer of the network first; curves: of deletion and insertion."""

    word: str
    parts: Tensor
    error: float | None
    randomised: tuple[tuple[str, float, float], ...]
    curves: Curves

    def by_cell(self, k: int) -> np.ndarray:
        """The k-th example's parts [*cells], added up over the channels; of occlusion, which covers them together, their
        mean."""
        parts = self.parts[k].cpu()
        return (parts.mean(0) if self.word == "occlusion" else parts.sum(0)).numpy()


@dataclass(frozen=True)
class Explained:
    """x [B, *shape], y [B, ...] prepared; rows [B] in the source; outputs [B, ...]; aim: what is explained; baseline
    [1, *shape]: the average training example."""

    x: Tensor
    y: Tensor
    rows: list[int]
    outputs: Tensor
    aim: Aim
    baseline: Tensor
    methods: tuple[Attributed, ...]

    @property
    def chances(self) -> Tensor:
        """Probability [B] of what is explained, of classes."""
        return torch.softmax(self.outputs, 1)[torch.arange(len(self.outputs)), self.aim.index]


def named(method: Attributed) -> str:
    """A method as people write it."""
    return NAMES.get(method.word, method.word.replace("_", " "))


def unit_of(look: Look) -> tuple[float, str]:
    """(what one of the network's outputs is in the user's unit, the unit): of classes 1 and "log-odds"-like logits."""
    data = look.having("units")
    if data.form != "values":
        return 1.0, "logit"
    scale = data.preparation.target_scaling.parts.get("scale")
    fields = data.preparation.fields
    factor = (
        float(fields.scale[fields.targets[0]]) if fields else float(scale.flatten()[0]) if scale is not None else 1.0
    )
    name = data.target_names[0] if data.target_names else ""
    return factor, data.raw.units.get(name, "")


def of_unit(unit: str) -> str:
    """The unit after a figure."""
    return f" {unit}" if unit else ""
