"""Playable: whether steps that nobody watches may be recorded and played (nouns/quick.py), and why they may not."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn.modules import module as modules
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

from wellfit.nouns.case import Case
from wellfit.nouns.shards import is_sharded

OURS = ("torch.nn.", "wellfit.")
WHY = {
    "ranks": "another of the processes that train together cannot",
    "shared": "the network is shared out over processes",
    "device": "not a CPU",
    "thrift": "parts of a step are done again for less memory",
    "own": "a network or a loss that is not on our shelves: what its Python does between operations is not known",
    "thaw": "layers begin to learn in the course of training",
    "hooks": "somebody listens to modules or optimizers, or has put other weights in",
    "values": "what is computed depends on numbers (a mask's length, a branch)",
    "large": "a step makes so much that little is to be gained",
    "differs": "a replay gives other bits",
    "unused": "a part of the network has no gradient",
    "refused": "PyTorch does not run one of the operations by itself",
    "mixed": "examples are mixed with each other (mixup)",
}
"""Why steps stay ordinary: what `Quick.why` says, and "mixed", which each batch says for itself."""


def why_not(case: Case, optimizer: torch.optim.Optimizer) -> str:
    """A word for why the steps of this case are not recorded; "" where they may be."""
    made_of = [type(m).__module__ for m in case.network.modules()] + _places(case.loss)
    if any(is_sharded(p) for p in case.network.parameters()):
        return "shared"
    if case.device.type != "cpu":
        return "device"
    if case.recipe.training.accumulate > 1 or case.recipe.training.checkpoint != "none":
        return "thrift"
    if not all(f"{where}.".startswith(OURS) for where in made_of):
        return "own"
    if case.recipe.transfer.mode == "gradual":
        return "thaw"
    return "hooks" if heard(case.network, optimizer) else ""


def adds_up(loss: Any) -> bool:
    """Is it of our shelf, where a law holds that it is a sum over rows (nouns/forward.py)?"""
    return all(where.startswith("wellfit.") for where in _places(loss))


def _places(loss: Any) -> list[str]:
    """The modules that a loss, and what it wraps, are written in."""
    if isinstance(loss, partial):
        return _places(loss.func) + [p for part in loss.keywords.values() if callable(part) for p in _places(part)]
    return [getattr(loss, "__module__", None) or ""]


def heard(network: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
    """Does anybody listen to modules, weights or optimizers, or stand between PyTorch and its kernels?"""
    everywhere = ("forward_hooks", "forward_pre_hooks", "backward_hooks", "backward_pre_hooks")
    held: list[Any] = [getattr(modules, f"_global_{name}", None) for name in everywhere]
    held += [getattr(m, f"_{name}", None) for m in network.modules() for name in everywhere]
    held += [_global_optimizer_pre_hooks, _global_optimizer_post_hooks]
    held += [getattr(optimizer, f"_optimizer_step_{at}_hooks", None) for at in ("pre", "post")]
    held += [
        getattr(p, f"_{k}", None)
        for p in network.parameters()
        for k in ("backward_hooks", "post_accumulate_grad_hooks")
    ]
    return any(held) or bool(torch._C._len_torch_dispatch_stack() or torch._C._len_torch_function_stack())
