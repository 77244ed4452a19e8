"""afresh: a network with new first weights, where what was learnt is to be left out."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from wellfit.nouns.case import Case
from wellfit.nouns.errors import NetworkError


def afresh(case: Case) -> Case:
    """The case with every weight of a network of the user's own drawn anew, by the modules' own reset_parameters, from
    training.seed. One of the shelf has its first weights anyway. Raises NetworkError where a module has parameters of
    its own that nothing can draw."""
    if ":" not in case.recipe.network.name:
        return case
    parts = [(n, m, _draws(m)) for n, m in case.network.named_modules() if _own(m)]
    without = [f"{n or 'the network'} ({type(m).__name__})" for n, m, draws in parts if draws is None]
    if without:
        raise NetworkError(
            "the same network from scratch",
            f"nothing says how the first weights of {', '.join(without[:3])} are drawn",
            "give these modules a reset_parameters()",
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case.recipe.training.seed)
        for _, _, draws in parts:
            draws()
    return case


def _own(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


def _draws(module: Any) -> Any:
    """What draws its first weights; torch's attention has an underscore before the name."""
    return getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
