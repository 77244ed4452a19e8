"""The learning-rate range test (Smith 2017, arXiv:1506.01186): raise the rate step by step, see where it learns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns import shelf
from wellfit.nouns.awake import compiler_asleep, move
from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.room import with_room
from wellfit.nouns.task import task_of
from wellfit.nouns.thrift import Parts
from wellfit.nouns.trial import bare_loss, trial

LOWEST, HIGHEST = 1e-5, 1.0  # of the rates tried, evenly on a log scale
PROVISIONAL = "provisional"  # the reason for a rate that nobody chose
SMOOTHING = 0.9  # of the exponential mean of the loss over steps
NEAR = 0.1  # of the way from the first losses down to the least: so near is as good as the least
FIRST = 10  # steps whose mean is the loss at the start, and before which a smoothed loss is chance
BLOWN_UP = 4.0  # times the least loss: the test ends
MOST = {"adamw": 2e-3, "adam": 2e-3, "rmsprop": 1e-3, "adagrad": 2e-2, "sgd": 0.2, "momentum": 0.05, "nesterov": 0.05}
"""Largest peak rate proposed for an optimizer. The test sees a hundred steps: with batch norm the loss still falls at
rates that are too high for the thousands of steps that follow."""


@dataclass(frozen=True)
class RateTest:
    """lr: the proposed peak rate; rates, losses [n]: what was tried, losses smoothed; reason: in words."""

    lr: float
    rates: np.ndarray
    losses: np.ndarray
    reason: str


def with_tested_rate(case: Case, given: Recipe, reasons: dict[str, str]) -> tuple[Case, dict[str, str]]:
    """The case with the rate that a range test proposes, and its reason, unless `given` sets the rate itself, or the
    task did, as for a game of two networks, whose loss tells nothing of how well they learn."""
    if given.training.lr != "auto" or reasons.get("training.lr", PROVISIONAL) != PROVISIONAL:
        return case, reasons
    tested = rate_test(case)
    recipe = Recipe.of({"training.lr": tested.lr}, case.recipe)
    return replace(case, recipe=recipe), {**reasons, "training.lr": tested.reason}


def rate_test(case: Case, steps: int = 100) -> RateTest:
    """Train a copy for `steps` batches while the rate climbs from 1e-5 to 1; the network itself stays untouched.

    The proposal is a tenth of the highest rate at which the smoothed loss is still near its least (NEAR), rounded to
    one significant digit, but never above what is usual for the optimizer (MOST).
    """
    choices, rows, loss_of = case.recipe.training, case.data.train, bare_loss(case)
    batch = min(int(choices.batch_size), len(rows))
    tried: list[float] = []
    seen: list[float] = []
    raw: list[float] = []
    mean = 0.0
    generator = torch.Generator().manual_seed(choices.seed)
    with trial(case) as network, compiler_asleep():
        parts = Parts(network, choices.accumulate)

        def tried_on(x: Tensor, y: Tensor) -> Tensor:
            optimizer.zero_grad(set_to_none=True)
            found = loss_of(parts(x).float(), y)
            found.backward()
            return found

        optimizer = shelf.get("optimizers", choices.optimizer)(
            network.parameters(), LOWEST, momentum=choices.momentum, l2=0.0
        )
        for i, lr in enumerate(np.geomspace(LOWEST, HIGHEST, steps)):
            pick = torch.randint(len(rows), (batch,), generator=generator)
            for group in optimizer.param_groups:
                group["lr"] = float(lr)
            x, y = rows.x[pick].to(case.device), rows.y[pick].to(case.device)
            loss = with_room(parts, batch, lambda x=x, y=y: tried_on(x, y))
            move(optimizer)
            raw.append(loss.item())
            mean = SMOOTHING * mean + (1 - SMOOTHING) * raw[-1]
            smooth = mean / (1 - SMOOTHING ** (i + 1))
            if not math.isfinite(smooth) or (i > FIRST and smooth > BLOWN_UP * min(seen[FIRST:])):
                break
            tried.append(float(lr))
            seen.append(smooth)
    if len(tried) <= FIRST:
        why = "range test: the loss is not finite at the lowest rates; 1e-3 stands"
        return RateTest(1e-3, np.array(tried), np.array(seen), why)
    good = highest_good(np.array(tried), np.array(raw), np.array(seen))
    most = task_of(case.data.task).most_lr.get(choices.optimizer, MOST.get(choices.optimizer, HIGHEST))
    lr = min(float(f"{good / 10:.0e}"), most)
    why = f"range test: the loss is near its least up to {good:.1e}; a tenth of it"
    if lr == most < good / 10:
        why = f"range test: the loss is low up to {good:.1e}; the most for {choices.optimizer}"
    return RateTest(lr, np.array(tried), np.array(seen), why)


def highest_good(rates: np.ndarray, raw: np.ndarray, smooth: np.ndarray) -> float:
    """The highest rate at which the smoothed loss is near its least: within NEAR of the way down from the first
    losses, or within two standard errors that the batches' scatter leaves it."""
    start, least = float(raw[:FIRST].mean()), float(smooth[FIRST:].min())
    spread = float(np.median(np.abs(np.diff(raw[: len(smooth)])))) / 0.954  # two normal values' median distance to it
    error = spread * math.sqrt((1 - SMOOTHING) / (1 + SMOOTHING))
    good = smooth[FIRST:] <= least + max(NEAR * (start - least), 2 * error)
    return float(rates[FIRST:][good].max())
