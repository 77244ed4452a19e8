"""Trial: a copy of a case to be tried on with regularisation off, while the case itself stays as it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case

_DROPOUT = nn.modules.dropout._DropoutNd


@contextmanager
def trial(case: Case) -> Iterator[nn.Module]:
    """A copy of the case's network in train mode, dropout off, no gradients yet, all random states set by the
    recipe's seed. On leaving, the random states of torch, numpy and random are what they were before.
    """
    devices = [case.device] if case.device.type == "cuda" else []
    python, numpy_state = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=devices), torch.enable_grad():
            seed = case.recipe.training.seed
            torch.manual_seed(seed)
            random.seed(seed)
            np.random.seed(seed % 2**32)
            network = case.copy().network.train()
            for module in network.modules():
                if isinstance(module, _DROPOUT):
                    module.eval()
            network.zero_grad(set_to_none=True)
            yield network
    finally:
        random.setstate(python)
        np.random.set_state(numpy_state)


def rows(case: Case, n: int) -> tuple[Tensor, Tensor]:
    """(x [m, *shape_in], y [m, ...]) of m = min(n, all) training rows drawn by the recipe's seed, on the case's device."""
    x, y = case.data.train.x, case.data.train.y
    if len(x) > n:
        order = torch.randperm(len(x), generator=torch.Generator().manual_seed(case.recipe.training.seed))[:n]
        order = order.sort().values.to(x.device)
        x, y = x[order], y[order]
    return x.to(case.device), y.to(case.device)


def bare_loss(case: Case) -> Any:
    """The case's loss without label smoothing, (outputs, targets) -> scalar."""
    if isinstance(case.loss, partial) and case.loss.keywords.get("label_smoothing"):
        return partial(case.loss, label_smoothing=0.0)
    return case.loss


def class_weight(case: Case) -> Tensor | None:
    """The class weights in the case's loss, where it has any."""
    return case.loss.keywords.get("weight") if isinstance(case.loss, partial) else None
