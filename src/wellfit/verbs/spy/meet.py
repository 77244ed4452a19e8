"""Meet: a network before its first call, an optimizer before its first step: named, and copied as they are."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch._C._functorch import is_functorch_wrapped_tensor as is_wrapped
from torch.nn.modules.batchnorm import _NormBase

from wellfit.nouns.program import NetworkSeen, OptimizerSeen, Program

LARGE = 256 * 2**20
"""Bytes of parameters above which the network is not copied (no trials then)."""


def evaluated(module: nn.Module) -> bool:
    """Is a network that was not met yet called to be evaluated: an average of the weights, the best ones in a network of
    their own? Not where its batch norm gets its statistics (torch.optim.swa_utils.update_bn)."""
    counts = module.training and any(isinstance(m, _NormBase) for m in module.modules())
    return not (torch.is_grad_enabled() and module.training) and not counts


def parts(module: nn.Module) -> dict[int, str]:
    """Names by id of what is inside a network that is left out: none of it is a network of its own."""
    return {id(m): n for n, m in module.named_modules() if m is not module}


def network(program: Program, module: nn.Module) -> dict[int, str]:
    """Name its parts, copy it as it is before its first call; the names of its modules by id."""
    names = {id(m): n for n, m in module.named_modules()}
    program.parameter_names.update({id(w): n for n, w in module.named_parameters()})
    first = None
    swapped = any(is_wrapped(w) or not w.is_leaf for w in module.parameters())  # by torch.func, for this call
    keras = any(kind.__module__.startswith("keras.") for kind in type(module).__mro__)  # a copy renames its weights
    if not swapped and not keras and sum(w.numel() * w.element_size() for w in module.parameters()) < LARGE:
        try:
            for m in module.modules():
                for v in vars(m).values():
                    if isinstance(v, Tensor) and not v.is_leaf:
                        program.memo[id(v)] = v.detach().clone()
            first = copy.deepcopy(module, program.memo)
        except Exception as error:
            program.trouble.append(f"the network could not be copied ({type(error).__name__}: {error})")
    program.networks.append(NetworkSeen(module, first, names, program.made.get(id(module))))
    return names


def optimizer(program: Program, seen: OptimizerSeen, parameters: list[Tensor]) -> None:
    """Its groups, and where it starts from. parameters: all that optimizers hold."""
    seen.first = program.steps
    for w in parameters if len(program.memo) < 100_000 else []:
        if id(w) not in program.memo and not program.steps:  # a parameter outside any network
            copy.deepcopy(w, program.memo)
    for group in seen.optimizer.param_groups:
        plain = {k: v for k, v in group.items() if k != "params"}
        seen.groups.append({**copy.deepcopy(plain), "params": [id(w) for w in group["params"]]})
        seen.held |= {id(w) for w in group["params"]}
    if program.steps:  # another optimizer trained before: remember where this one starts from
        for seen_network in program.networks:
            if seen_network.first is not None:
                seen.start.update({id(w): w.detach().clone() for w in seen_network.module.parameters()})
                seen.start.update({id(w): w.detach().clone() for w in seen_network.module.buffers()})
