"""Is the loss of the untrained network what chance gives?"""

from __future__ import annotations

import math

import torch

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.finding import Finding
from wellfit.nouns.trial import bare_loss, class_weight, rows, trial
from wellfit.nouns.units import figure

SHARE = 0.02


def first_loss(case: Case) -> Finding:
    """Thin: first loss against chance."""
    x, y = rows(case, 1024)
    loss = bare_loss(case)
    with trial(case) as network, torch.no_grad():
        first = float(loss(network(x), y))
    name = case.recipe.training.loss
    chance = shelf.module("losses", name).chance(y, case.data.shape_out, class_weight(case))
    evidence = f"first loss {figure(first)}, chance gives {figure(chance)}"
    if not math.isfinite(first) or first > 3 * max(chance, math.log(max(case.data.shape_out[0], 2))):
        return Finding(
            "inputs-unscaled",
            "warning",
            f"The untrained network's loss is {figure(first)}, far above chance",
            evidence,
            stage="check",
        )
    return Finding(
        "first-loss", "ok", f"first loss {figure(first)}, chance {figure(chance)}", evidence, stage="check"
    )
