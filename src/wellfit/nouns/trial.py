"""Trial: a copy of a case to be tried on with regularisation off, while the case itself stays as it was."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns import shelf
from wellfit.nouns.awake import move
from wellfit.nouns.case import Case
from wellfit.nouns.depth import train_mode
from wellfit.nouns.errors import ShelfError
from wellfit.nouns.task import known
from wellfit.nouns.threads import threads

LossOf = Callable[[Tensor, Tensor], Tensor]
WORK = 1e9
"""Multiplications that the rows of one check may ask for: some tenths of a second on one core."""
HOPELESS = 100
"""Steps after which a short training ends where the loss has fallen by less than 1 % since."""

_DROPOUT = nn.modules.dropout._DropoutNd


@contextmanager
def trial(case: Case) -> Iterator[nn.Module]:
    """A copy of the case's network in train mode, dropout off, without gradients, all random states set by the
    recipe's seed, on the recipe's threads. On leaving, threads and random states are what they were before.
    """
    devices = [case.device] if case.device.type == "cuda" else []
    python, numpys, seed = random.getstate(), np.random.get_state(), case.recipe.training.seed
    try:
        with threads(case.recipe.training.threads), torch.random.fork_rng(devices=devices), torch.enable_grad():
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)
            network = case.copy().network
            network.zero_grad(set_to_none=True)
            yield training_mode(network)
    finally:
        random.setstate(python)
        np.random.set_state(numpys)


def training_mode(network: nn.Module) -> nn.Module:
    """The network in train mode, but with its dropout layers off."""
    train_mode(network)
    for module in network.modules():
        if isinstance(module, _DROPOUT):
            module.eval()
    return network


def rows(case: Case, n: int, passes: int = 1) -> tuple[Tensor, Tensor]:
    """(x [m, *shape_in], y [m, ...]): m <= n training rows drawn by the recipe's seed, on the case's device.

    Fewer than n where the network is large, so that `passes` forward passes stay within WORK (a backward pass counts
    as two), but 16 at least where there are so many.
    """
    x, y = case.data.train.x, case.data.train.y
    n = min(n, max(int(WORK / (passes * _work(case))), 16)) if n > 16 else n
    if len(x) > n:
        generator = torch.Generator().manual_seed(case.recipe.training.seed)
        order = torch.randperm(len(x), generator=generator)[:n].sort().values.to(x.device)
        x, y = x[order], y[order]
    return x.to(case.device), y.to(case.device)


def _work(case: Case) -> float:
    """Multiplications in a forward pass of one row through the layers with weights; at least the row's numbers."""
    found = [float(case.data.train.x[0].numel())]

    def count(module: nn.Module, args: Any, output: Any) -> None:
        weights = sum(p.numel() for p in module.parameters(recurse=False) if p.ndim > 1)
        if isinstance(output, Tensor) and weights and output.ndim > 1:
            units = output.shape[-1] if isinstance(module, nn.Linear) else output.shape[1]
            found.append(weights * output[0].numel() / max(units, 1))

    with trial(case) as network, torch.no_grad():
        for module in network.eval().modules():
            module.register_forward_hook(count)
        network(case.data.train.x[:1].to(case.device))
    return sum(found)


def bare_loss(case: Case) -> LossOf:
    """The case's loss without label smoothing."""
    if isinstance(case.loss, partial) and case.loss.keywords.get("label_smoothing"):
        return partial(case.loss, label_smoothing=0.0)
    return case.loss


def chance(case: Case, y: Tensor) -> float:
    """Loss of the best constant answer on these targets, as the loss's own file gives it; where it gives none
    (a loss of the user's), found by descent from zero outputs."""
    weight = case.loss.keywords.get("weight") if isinstance(case.loss, partial) else None
    try:
        worked_out = getattr(shelf.module("losses", case.recipe.training.loss), "chance", None)
    except ShelfError:
        worked_out = None
    whole = y.flatten(1)[:, known(y).flatten(1).all(0)] if y.is_floating_point() and y.ndim > 2 else y
    if worked_out is not None and whole.numel():  # of arrays, the cells that are known in every row
        return float(worked_out(whole, case.data.shape_out, weight))
    constant, loss = torch.zeros(1, *case.data.shape_out, device=y.device, requires_grad=True), bare_loss(case)
    optimizer, best = torch.optim.Adam([constant], lr=0.1), float("inf")
    with torch.enable_grad():
        for _ in range(300):
            optimizer.zero_grad()
            found = loss(constant.expand(len(y), *case.data.shape_out), y)
            found.backward()
            move(optimizer)
            best = min(best, found.item())
    return best


def indifferent(case: Case, y: Tensor) -> float:
    """Loss of outputs that are all zero: ln C for cross-entropy over C classes, ln 2 a label, mean(y²) for MSE."""
    with torch.no_grad():
        return float(bare_loss(case)(torch.zeros(len(y), *case.data.shape_out, device=y.device), y))


@dataclass
class Descent:
    """What a short training came to: steps taken; losses: of every step, before it; outputs: at its last step
    [B, ...]; cut: was it ended by the clock."""

    steps: int
    losses: list[float]
    outputs: Tensor
    cut: bool = False


def descend(
    network: nn.Module,
    loss: LossOf,
    x: Tensor,
    y: Tensor,
    *,
    lr: float,
    steps: int,
    until_s: float,
    reached: Callable[[float, Tensor], bool] = lambda loss, outputs: False,
    hopeless: int = HOPELESS,
) -> Descent:
    """Train by Adam on the whole of (x, y) for at most `steps`, until `reached(loss, outputs)`, a loss that is not
    finite or that falls by less than 1 % in `hopeless` steps, no gradient, or the clock (`perf_counter`) at `until_s`.
    The learning rate rises over 5 steps."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=lr) if parameters else None
    losses: list[float] = []
    step = 0
    while True:
        outputs = network(x)
        value = loss(outputs, y)
        losses.append(value.item())
        ended = reached(losses[-1], outputs.detach()) or step == steps or not np.isfinite(losses[-1])
        ended = ended or _stands_still(losses, hopeless)
        cut = not ended and perf_counter() > until_s
        if ended or cut or optimizer is None or not value.requires_grad:
            return Descent(step, losses, outputs.detach(), cut)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.param_groups[0]["lr"] = lr * min(1.0, (step + 1) / 5)
        move(optimizer)
        step += 1


def _stands_still(losses: list[float], steps: int) -> bool:
    """Has the least loss fallen by less than 1 % in the last so many steps? Asked once in so many."""
    if len(losses) <= steps or (len(losses) - 1) % steps:
        return False
    before = min(losses[: len(losses) - steps])
    return before - min(losses) < 0.01 * abs(before)
