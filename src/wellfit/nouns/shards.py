"""Shards: a network that lies shared out over the ranks, for networks that one device cannot train (FSDP2, `fully_shard`;
Zhao et al. 2023, arXiv:2304.11277).

Each rank holds its share of the weights, gradients and the optimizer's state: 16 / N bytes a parameter with AdamW on N
ranks. A block's weights are put together when it runs, and let go after. The whole network stays in the host's memory as it
was, takes the weights at the end, and is lent to whoever looks at a step.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from wellfit.nouns.case import Case
from wellfit.nouns.errors import NetworkError
from wellfit.nouns.step import Step
from wellfit.nouns.thrift import blocks
from wellfit.nouns.world import World


def is_sharded(tensor: Tensor) -> bool:
    """Is this a tensor of which each rank holds a share (a DTensor)?"""
    return hasattr(tensor, "device_mesh")  # the class comes with torch.distributed.tensor, 0.3 s to load


@contextmanager
def spread(case: Case, here: World) -> Iterator[Case]:
    """Inside, the case with its network shared out over the ranks, on the device that shares lie on; afterwards the
    network of the case, the whole one, has the weights. The case itself where it is not to be shared out."""
    if case.shares is None or here.size == 1:
        yield case
        return
    asked = f"training.parallel = fsdp for {type(case.network).__name__}"
    try:
        shared = sharded(case.network, case.shares)
    except (RuntimeError, ValueError, NotImplementedError) as error:
        raise NetworkError(asked, str(error).splitlines()[0], "set training.parallel = ddp") from None
    try:
        yield replace(case, network=shared, device=case.shares, loss=_moved(case.loss, case.shares))
    except GeneratorExit:  # training was left between two steps, by all ranks
        gather(shared, case.network)
        raise
    gather(shared, case.network)


def sharded(network: nn.Module, device: torch.device) -> nn.Module:
    """A network like this one whose parameters are shared out on `device`: block by block, or in one piece where layers
    share weights. To be called by all ranks."""
    from torch.distributed.device_mesh import init_device_mesh  # 0.5 s, only where it is wanted
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor import distribute_tensor

    if type(network).__module__.startswith(
        "wellfit."
    ):  # no network of the shelf changes it in place: a law trains them all
        warnings.filterwarnings("ignore", "FSDP2-wrapped module .* returned a view", UserWarning)
    empty = lambda p: nn.Parameter(torch.empty_like(p, device="meta"), requires_grad=p.requires_grad)
    made = copy.deepcopy(network, {id(p): empty(p) for p in network.parameters()})
    named = list(made.named_parameters(remove_duplicate=False))
    tied = len(named) > len({id(p) for _, p in named})
    mesh = init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    for block in [] if tied else blocks(made):
        fully_shard(block, mesh=mesh)
    fully_shard(made, mesh=mesh)
    made.to_empty(device=device)
    with torch.no_grad():
        for mine, whole in zip(made.buffers(), network.buffers(), strict=True):
            mine.copy_(whole)
        for (name, mine), (other, whole) in zip(made.named_parameters(), network.named_parameters(), strict=True):
            if name != other:
                raise RuntimeError(f"its parameter {other} became {name}")
            share = cast(Any, mine)
            share.copy_(distribute_tensor(whole.detach().to(device), share.device_mesh, share.placements))
    return made


def gather(shared: nn.Module, network: nn.Module, *, gradients: bool = False) -> None:
    """The weights and statistics of the shared network into the whole one, gradients as well where asked. To be called
    by all ranks."""
    with torch.no_grad():
        for mine, whole in zip(shared.buffers(), network.buffers()):
            whole.copy_(mine)
        for mine, whole in zip(shared.parameters(), network.parameters()):
            whole.copy_(full(mine))
            whole.grad = full(mine.grad).to(whole.device) if gradients and mine.grad is not None else None


def full(tensor: Tensor) -> Tensor:
    """All of a tensor, detached. To be called by all ranks."""
    held = cast(Any, tensor.detach())
    return held.full_tensor() if is_sharded(tensor) else held


def share_of(whole: Tensor, like: Tensor | None) -> Tensor:
    """This rank's share of a tensor that every rank has whole, shared out as `like` is; nothing is sent."""
    if like is None or not is_sharded(like) or is_sharded(whole):
        return whole
    from torch.distributed.tensor import distribute_tensor

    as_ = cast(Any, like)
    return distribute_tensor(whole.to(like.device), as_.device_mesh, as_.placements, src_data_rank=None)


def apart(optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
    """The optimizer without the one kernel for all parameters, where PyTorch has it for whole tensors alone."""
    if not isinstance(optimizer, torch.optim.Adam):
        for group in optimizer.param_groups:
            group["fused"] = False
    return optimizer


def lent(step: Step, network: nn.Module) -> Step:
    """The step with the whole network in place of the shared one, its gradients in it. To be called by all ranks."""
    gather(step.network, network, gradients=True)
    return replace(step, network=network)


def _moved(loss: Any, device: torch.device) -> Any:
    """A loss whose weights lie on the device."""
    if isinstance(loss, Tensor):
        return loss.to(device)
    if isinstance(loss, partial):
        return partial(loss.func, *loss.args, **{k: _moved(v, device) for k, v in loss.keywords.items()})
    return loss
