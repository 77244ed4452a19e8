"""The learning-rate range test (Smith 2017, arXiv:1506.01186): raise the rate step by step, see where it still learns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch

from wellfit.nouns import shelf
from wellfit.nouns.case import Case
from wellfit.nouns.trial import quiet_trial

LOWEST, HIGHEST = 1e-5, 1.0  # of the rates tried, evenly on a log scale
SMOOTHING = 0.9  # of the exponential mean of the loss over steps
BLOWN_UP = 4.0  # times the least loss: the test ends


@dataclass(frozen=True)
class RateTest:
    """lr: the proposed peak rate; rates, losses [n]: what was tried, losses smoothed; reason: in words."""

    lr: float
    rates: np.ndarray
    losses: np.ndarray
    reason: str


def rate_test(case: Case, steps: int = 100, seed: int = 0) -> RateTest:
    """Train a copy for `steps` batches while the rate climbs from 1e-5 to 1; the network itself stays untouched.

    The proposal is a tenth of the rate at which the smoothed loss is least, or of the last rate tried where the loss
    never turned, rounded to one significant digit.
    """
    choices, trial = case.recipe.training, case.copy()
    rows, batch = case.data.train, min(int(choices.batch_size), len(case.data.train))
    optimizer = shelf.get("optimizers", choices.optimizer)(
        trial.network.parameters(), LOWEST, momentum=choices.momentum, l2=0.0
    )
    tried, seen, mean = [], [], 0.0
    generator = torch.Generator().manual_seed(seed)
    with quiet_trial(trial.network, seed):
        trial.network.train()
        for i, lr in enumerate(np.geomspace(LOWEST, HIGHEST, steps)):
            pick = torch.randint(len(rows), (batch,), generator=generator)
            for group in optimizer.param_groups:
                group["lr"] = float(lr)
            loss = trial.loss(
                trial.network(rows.x[pick].to(case.device)).float(), rows.y[pick].to(case.device)
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            mean = SMOOTHING * mean + (1 - SMOOTHING) * loss.item()
            smooth = mean / (1 - SMOOTHING ** (i + 1))
            if not math.isfinite(smooth) or (i > 10 and smooth > BLOWN_UP * min(seen)):
                break
            tried.append(float(lr))
            seen.append(smooth)
    if len(tried) < 5:
        return RateTest(
            1e-3,
            np.array(tried),
            np.array(seen),
            "range test: the loss was not finite from the start; 1e-3 stands",
        )
    lowest = tried[int(np.argmin(seen))]
    lr = float(f"{lowest / 10:.0e}")
    return RateTest(
        lr, np.array(tried), np.array(seen), f"range test: the loss is least near {lowest:.1e}; a tenth of it"
    )
