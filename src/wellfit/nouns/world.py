"""World: the processes that train one network together, as torchrun or srun started them.

Every rank sees the whole batch, runs its share of it through the network, and the outputs are put together again: the
loss, whatever it is, is that of the whole batch on every rank, and its gradient with respect to a rank's own share is
exact. The ranks' gradients are added up, so the step is that of one process, to rounding: by one message after the backward
pass (nouns/exchange.py) where steps are recorded and played, else by DistributedDataParallel, or by FSDP.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from wellfit.nouns.errors import RunError
from wellfit.nouns.ranks import rank

ASK_EVERY = 16
"""Steps between two moments at which the ranks agree whether to rest or to stop: an exchange of one number takes 0.1 ms."""


@dataclass(frozen=True)
class World:
    """rank: this process, from 0; size: how many there are."""

    rank: int = 0
    size: int = 1

    def part(self, rows: Tensor) -> Tensor:
        """This rank's share of `rows` [N, ...]: ceil(N / size) of them, some twice where it does not come out even."""
        if self.size == 1:
            return rows
        each = -(-len(rows) // self.size)
        if (self.rank + 1) * each <= len(rows):
            return rows[self.rank * each : (self.rank + 1) * each]
        at = torch.arange(self.rank * each, (self.rank + 1) * each, device=rows.device) % len(rows)
        return rows[at]

    def mine(self, rows: Tensor, n: int) -> Tensor:
        """This rank's share of a batch of n rows: `rows` where that is all that was read, else its part of them."""
        return rows if len(rows) < n else self.part(rows)

    def whole(self, mine: Tensor, n: int) -> Tensor:
        """The shares of all ranks as [n, ...]; gradients go into this rank's own."""
        if self.size == 1:
            return mine
        sent = mine.detach().contiguous()
        parts = [torch.empty_like(sent) for _ in range(self.size)]
        dist.all_gather(parts, sent)
        parts[self.rank] = mine
        return torch.cat(parts)[:n]

    def among_zeros(self, mine: Tensor, n: int) -> Tensor:
        """This rank's share at its place in [n, ...], zeros where those of the other ranks are."""
        at = self.rank * len(mine)
        around = [0] * (2 * (mine.ndim - 1)) + [at, (self.size - 1) * len(mine) - at]
        found = nn.functional.pad(mine, around)
        return found if len(found) == n else found[:n]

    def together(self, network: nn.Module) -> nn.Module:
        """What to call in place of the network, so that the gradients of all ranks are averaged in its backward pass."""
        if self.size == 1:
            return network
        shared = any(hasattr(p, "device_mesh") for p in network.parameters())  # adds gradients up by itself
        if shared or not any(p.requires_grad for p in network.parameters()):
            return network
        return nn.parallel.DistributedDataParallel(network)

    def backward(self, loss: Tensor) -> None:
        """The gradient of the whole batch's loss: the ranks' parts of it are averaged, and are to be added."""
        (loss if self.size == 1 else loss * self.size).backward()

    def any(self, *asked: bool) -> tuple[bool, ...]:
        """Of each question: does any rank say yes? All ranks get the same answer, at the same moment."""
        if self.size == 1:
            return asked
        said = torch.tensor(asked, dtype=torch.int32, device=_device())
        dist.all_reduce(said, dist.ReduceOp.MAX)
        return tuple(bool(v) for v in said.tolist())

    def beside(self, device: torch.device) -> tuple[int, int]:
        """(place of this rank among those that may use the same cores of one machine, how many they are): where srun or
        mpirun has given each its own, or a GPU does the work, every rank is alone."""
        if self.size == 1 or device.type != "cpu" or not hasattr(os, "sched_getaffinity"):
            return 0, 1
        told = self.told((socket.gethostname(), sorted(os.sched_getaffinity(0))))
        same = [rank for rank, words in enumerate(told) if words == told[self.rank]]
        return same.index(self.rank), len(same)

    def told(self, mine: Any) -> list[Any]:
        """What every rank gives here, small things of Python's and tensors, in their order."""
        found: list[Any] = [mine] * self.size
        if self.size > 1:
            dist.all_gather_object(found, mine)
        return found

    def said(self, word: str) -> str:
        """What rank 0 says, on every rank."""
        held = [word]
        if self.size > 1:
            dist.broadcast_object_list(held, 0)
        return held[0]

    def same(self, *tensors: Tensor) -> None:
        """Tensors of this rank become those of rank 0, in place."""
        if self.size > 1:
            for tensor in tensors:
                dist.broadcast(tensor, 0)


ALONE = World()


def join(device: torch.device) -> World:
    """This process among those it was started with, their process group set up by the first call; World(0, 1) where it
    is alone. Raises RunError where the others are not found."""
    here = World(*rank()[:2])
    if here.size > 1 and not dist.is_initialized():
        _addressed(here)
        try:
            # torchrun keeps its store over restarts, where addresses of processes that are gone still stand
            store, _, _ = next(dist.rendezvous("env://", here.rank, here.size))
            store = dist.PrefixStore(f"start {os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", store)
            kind = "nccl" if device.type == "cuda" else "gloo"
            dist.init_process_group(kind, store=store, rank=here.rank, world_size=here.size)
        except (RuntimeError, ValueError) as error:
            where = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
            asked, found = f"rank {here.rank} of {here.size} to meet the others at {where}", str(error).splitlines()[0]
            raise RunError(asked, found, "start with torchrun or srun, and see that the port is free") from None
        atexit.register(_leave)
    return here


def _addressed(here: World) -> None:
    """Under srun: where rank 0 is, and a port made of the job's number (torchrun says both itself)."""
    job = os.environ.get("SLURM_JOB_ID", "0")
    if "MASTER_ADDR" not in os.environ:
        hosts = os.environ.get("SLURM_STEP_NODELIST", os.environ.get("SLURM_JOB_NODELIST", ""))
        listed: Callable[[], str] = lambda: subprocess.check_output(["scontrol", "show", "hostnames", hosts], text=True)
        os.environ["MASTER_ADDR"] = hosts if hosts.isalnum() else listed().split()[0]
    os.environ.setdefault("MASTER_PORT", str(20_000 + int(job) % 20_000 if job.isdigit() else 29_500))


def _device() -> torch.device:
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")


def _leave() -> None:
    with suppress(Exception):
        dist.destroy_process_group()
