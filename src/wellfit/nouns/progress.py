"""Progress: where a training stands, and its checkpoint: all that is needed to go on bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.shard_files import read_together
from wellfit.nouns.shards import is_sharded, share_of
from wellfit.nouns.world import ALONE, World

PLATEAU_EPOCHS = 5  # epochs without a better validation loss before the on-plateau schedule drops the rate


class Losses:
    """The losses of an epoch's steps, in one piece of memory on their device: a small piece for each step, kept among the
    large ones that come and go, would leave holes in the heap, about a fifth of what a step takes, step by step."""

    def __init__(self) -> None:
        self._held, self._n = torch.empty(0), 0

    def __len__(self) -> int:
        return self._n

    def append(self, loss: Tensor) -> None:
        """One more; nothing is waited for."""
        if self._n == len(self._held):
            grown = loss.new_empty(max(1024, 2 * self._n))
            grown[: self._n] = self._held
            self._held = grown
        self._held[self._n] = loss
        self._n += 1

    def all(self) -> Tensor:
        """[n] in their order."""
        return self._held[: self._n]

    @classmethod
    def of(cls, losses: Tensor) -> Losses:
        """The inverse."""
        made = cls()
        made._held, made._n = losses.clone(), len(losses)
        return made


@dataclass
class Progress:
    """epoch: whole passes done; cursor: rows of the current epoch done; index: optimizer steps done;
    best_loss, best_epoch, bad_epochs: of the validation loss; drops: of the on-plateau schedule;
    losses, sizes: of the steps of the current epoch; best: the best weights so far;
    before: the weights one update ago, where the next step is a sampled one."""

    epoch: int = 0
    cursor: int = 0
    index: int = 0
    best_loss: float = float("inf")
    best_epoch: int = 0
    bad_epochs: int = 0
    drops: int = 0
    flat_epochs: int = 0
    epoch_s: float = 0.0
    why_stop: str = ""
    losses: Losses = field(default_factory=Losses)
    sizes: list[int] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    before: dict[str, Tensor] = field(default_factory=dict)

    def count(self, loss: Tensor, rows: int) -> None:
        """One more step done, with its loss (left on its device) and its rows."""
        self.losses.append(loss)
        self.sizes.append(rows)
        self.index += 1
        self.cursor += rows

    def judge(self, network: nn.Module, valid_loss: float, patience: int) -> None:
        """Take in an epoch's validation loss: keep the weights if best, count if not, stop when patience ends."""
        if valid_loss < self.best_loss:
            self.best_loss, self.best_epoch, self.bad_epochs, self.flat_epochs = valid_loss, self.epoch, 0, 0
            now = network.state_dict()
            if self.best:
                for name, kept in self.best.items():
                    kept.copy_(now[name])
            else:
                self.best = {name: t.detach().clone() for name, t in now.items()}
            return
        self.bad_epochs, self.flat_epochs = self.bad_epochs + 1, self.flat_epochs + 1
        if self.flat_epochs >= PLATEAU_EPOCHS:
            self.drops, self.flat_epochs = self.drops + 1, 0
        if patience and self.bad_epochs >= patience:
            self.why_stop = "patience"

    def put_best(self, network: nn.Module) -> None:
        """The best weights into the network; as they are where no epoch has ended yet."""
        if self.best:
            network.load_state_dict(self.best)


PLAIN = (
    "epoch",
    "cursor",
    "index",
    "best_loss",
    "best_epoch",
    "bad_epochs",
    "drops",
    "flat_epochs",
    "epoch_s",
    "why_stop",
    "sizes",
)


def randomness(device: torch.device) -> dict[str, Tensor]:
    """The states of torch's global generators in this process."""
    found = {"random.cpu": torch.get_rng_state()}
    return found | ({"random.cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def checkpoint_of(
    progress: Progress,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
    ranks: Sequence[Mapping[str, Tensor]] = (),
) -> dict[str, Any]:
    """{"tensors": {name: Tensor}, "plain": JSON types}: weights, best weights, optimizer, random states, data order.
    ranks: the `randomness` of all ranks, where rank 0 alone writes the checkpoint."""
    tensors = {f"network.{k}": v for k, v in network.state_dict().items()}
    tensors |= {f"best.{k}": v for k, v in progress.best.items()}
    state = optimizer.state_dict()
    scalars: dict[str, dict[str, Any]] = {}
    for key, entry in state["state"].items():
        for name, value in entry.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{key}.{name}"] = value
            elif value is not None:
                scalars.setdefault(str(key), {})[name] = value
    tensors |= randomness(device)
    tensors |= {f"rank{r}.{name}": held for r, each in enumerate(ranks) if r for name, held in each.items()}
    if len(progress.losses):
        tensors["losses"] = progress.losses.all()
    plain = {k: getattr(progress, k) for k in PLAIN} | {"sizes": list(progress.sizes)}
    return {
        "tensors": {k: v.detach() if is_sharded(v) else _aside(v) for k, v in tensors.items()},
        "plain": {"progress": plain, "groups": state["param_groups"], "scalars": scalars},
    }


def _aside(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone().contiguous()


def _laid_out(network: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[str, torch.Size], Tensor | None]:
    """(name in a checkpoint, shape) -> the tensor here that it belongs to; None where there is none of that shape."""
    named, listed = network.state_dict(), [p for group in optimizer.param_groups for p in group["params"]]

    def like(name: str, shape: torch.Size) -> Tensor | None:
        kind, _, rest = name.partition(".")
        found = named.get(rest) if kind in ("network", "best") else None
        found = listed[int(rest.partition(".")[0])] if kind == "optimizer" else found
        return found.detach() if found is not None and found.shape == shape else None

    return like


def restore(
    state: dict[str, Any],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    device: torch.device,
    here: World = ALONE,
) -> Progress:
    """Put a checkpoint back into a network and an optimizer of the same making; where it stood is returned.

    state: as `checkpoint_of` gives it, or {"folder": where ranks wrote it together, "plain": ...}; in the one case as in
    the other each rank takes its share where the network is shared out, on however many ranks it was written."""
    like, plain = _laid_out(network, optimizer), state["plain"]
    tensors = read_together(here.said(str(state["folder"])), like, here) if "folder" in state else state["tensors"]
    tensors = {k: share_of(v, like(k, v.shape)) for k, v in tensors.items()}
    take = lambda prefix: {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
    network.load_state_dict(take("network."))
    entries: dict[int, dict[str, Any]] = {int(k): dict(v) for k, v in plain["scalars"].items()}
    for name, value in take("optimizer.").items():
        key, _, field_name = name.partition(".")
        entries.setdefault(int(key), {})[field_name] = value
    optimizer.load_state_dict({"state": entries, "param_groups": plain["groups"]})
    own = f"rank{here.rank}." if here.rank and "folder" not in state else ""
    if f"{own}random.cpu" in tensors:  # a rank that was not there when it was kept begins afresh
        torch.set_rng_state(tensors[f"{own}random.cpu"])
    if device.type == "cuda" and f"{own}random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors[f"{own}random.cuda"], device)
    progress = Progress(**(plain["progress"] | {"sizes": list(plain["progress"]["sizes"])}))
    progress.losses = Losses.of(tensors["losses"].to(device)) if "losses" in tensors else Losses()
    progress.best = {k: v if is_sharded(v) else v.to(device) for k, v in take("best.").items()}
    return progress
