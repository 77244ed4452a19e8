"""Thrift: less memory for a step, paid with doing a part of it again (Chen et al. 2016, arXiv:1604.06174).

parts   a batch goes through the network in several parts; what lies between the layers of a part is let go and worked out
        again when its gradient is due. The outputs are put together, so that the loss, whatever it is, is that of the whole
        batch: the step is that of one large batch, to rounding (as Gao et al. 2021, arXiv:2101.06983, do it).
blocks  what lies between the layers of each block of a network is let go, and worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


class Parts(nn.Module):
    """The network, run on `count` parts of a batch one after the other where gradients are wanted."""

    def __init__(self, network: nn.Module, count: int):
        super().__init__()
        self.network, self.count = network, count

    def forward(self, x: Tensor) -> Tensor:
        """x [B, ...] -> what the network gives for it [B, ...]."""
        if self.count < 2 or len(x) < 2 or not torch.is_grad_enabled():
            return self.network(x)
        return torch.cat([_again(self.network, part) for part in x.chunk(self.count)])


@contextmanager
def by_blocks(network: nn.Module, on: bool) -> Iterator[None]:
    """Inside, each block of the network keeps its input alone until its gradient is due."""
    chosen = blocks(network) if on else []
    for block in chosen:
        block.forward = partial(_again, block.forward, of=block)  # on the object: the class stays as it is
    try:
        yield
    finally:
        for block in chosen:
            del block.forward


def blocks(network: nn.Module) -> list[nn.Module]:
    """What stands in a list or a sequence of the network and has weights, the outermost; else its direct parts."""
    held: list[nn.Module] = []
    inside: set[nn.Module] = set()
    for module in network.modules():
        if isinstance(module, nn.ModuleList | nn.Sequential) and module not in inside:
            inside.update(m for part in module for m in part.modules())
            held += [part for part in module if _learns(part) and type(part).forward is not nn.Module.forward]
    return held or [part for part in network.children() if _learns(part)]


def _learns(module: nn.Module) -> bool:
    return any(True for _ in module.parameters())


def _again(run: Any, *given: Any, of: nn.Module | None = None) -> Any:
    if not torch.is_grad_enabled():
        return run(*given)
    network = run if of is None else of
    return checkpoint(run, *given, use_reentrant=False, context_fn=lambda: (nullcontext(), _settled(network)))


@contextmanager
def _settled(network: nn.Module) -> Iterator[None]:
    """Statistics of batch norm are not taken a second time from the same rows."""
    norms = [m for m in network.modules() if isinstance(m, _BatchNorm) and m.training and m.track_running_stats]
    kept = [(m, m.momentum) for m in norms]
    for m in norms:
        m.momentum = 0.0
    try:
        yield
    finally:
        for m, momentum in kept:
            m.momentum = momentum
            if m.num_batches_tracked is not None:
                m.num_batches_tracked.sub_(1)
