"""Depth: a network's parameters in groups from its last layer to its first, for rates and freezing by layer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)
FEWEST = 3  # groups under which a container is opened: one of "features" and one of "classifier" say little


def groups(network: nn.Module) -> list[list[str]]:
    """Names of parameters in groups, the last layer's first: the root's children in the order of their making, a norm
    with what it follows; containers are opened, the largest first, until there are three groups at least."""
    parts: list[tuple[str, nn.Module, bool]] = [("", network, True)]  # name, module, with what it holds inside
    while sum(_holds(m) and not isinstance(m, NORMS) for _, m, _ in parts) < FEWEST:
        sizes = [sum(p.numel() for p in m.parameters()) if _opens(m, whole) else 0 for _, m, whole in parts]
        if not any(sizes):
            break
        at = sizes.index(max(sizes))
        name, opened, _ = parts[at]
        inner = [(f"{name}.{n}" if name else n, m, True) for n, m in opened.named_children()]
        own = [(name, opened, False)] if any(True for _ in opened.parameters(recurse=False)) else []
        parts[at : at + 1] = own + inner
    found: list[list[str]] = []
    seen: set[int] = set()
    for name, module, whole in parts:
        prefix = f"{name}." if name else ""
        mine = [(prefix + n, p) for n, p in module.named_parameters(recurse=whole) if id(p) not in seen]
        seen |= {id(p) for _, p in mine}
        if mine and isinstance(module, NORMS) and found:
            found[-1] += [n for n, _ in mine]
        elif mine:
            found.append([n for n, _ in mine])
    return found[::-1]


def _holds(module: nn.Module) -> bool:
    return any(True for _ in module.parameters())


def _opens(module: nn.Module, whole: bool) -> bool:
    return whole and any(_holds(c) for c in module.children())


def shares(network: nn.Module, decay: float) -> dict[Tensor, float]:
    """Parameter -> share of the rate: decay^i for the i-th group from the last layer (Howard & Ruder 2018,
    arXiv:1801.06146, section 3.2, with one decay for all)."""
    named = dict(network.named_parameters())
    return {named[name]: decay**i for i, group in enumerate(groups(network)) for name in group}


def split_groups(optimizer: torch.optim.Optimizer, share: Mapping[Tensor, float]) -> None:
    """Part the groups of an optimizer that has not stepped yet by their parameters' share of the rate, each kept as
    the group's "share". Its other settings stay."""
    parted = []
    for group in optimizer.param_groups:
        for value in sorted({share.get(p, 1.0) for p in group["params"]}, reverse=True):
            mine = [p for p in group["params"] if share.get(p, 1.0) == value]
            parted.append({**group, "params": mine, "share": value})
    optimizer.param_groups[:] = parted


def thaw(network: nn.Module, progress: float, unfreeze_frac: float) -> None:
    """Let the groups learn that are due: at the start the last layer alone, one more at a time, all after
    `unfreeze_frac` of training (Howard & Ruder 2018, section 3.3)."""
    parts, named = groups(network), dict(network.named_parameters())
    due = len(parts) if progress >= unfreeze_frac else 1 + int((len(parts) - 1) * progress / unfreeze_frac)
    for i, names in enumerate(parts):
        for name in names:
            named[name].requires_grad_(i < due)


def freeze(network: nn.Module, names: Iterable[str]) -> None:
    """Keep these parameters as they are."""
    named = dict(network.named_parameters())
    for name in names:
        if name in named:
            named[name].requires_grad_(False)


def train_mode(network: nn.Module) -> nn.Module:
    """The network in train mode, but a norm whose own parameters are frozen keeps its statistics as well: moved by
    other data, they would change what the frozen layers give."""
    network.train()
    for module in network.modules():
        if isinstance(module, NORMS):
            own = list(module.parameters(recurse=False))
            if own and not any(p.requires_grad for p in own):
                module.eval()
    return network
