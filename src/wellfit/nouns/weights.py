"""Weights: what a program's layers held before the first call, against the rule of their fan-in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

from wellfit.nouns.program import NetworkSeen, Program

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class Start(NamedTuple):
    """A layer as it was before the first call: the user's module (as it ended), its name, its first weight and bias,
    fan_in; ratio: std of the weight times the root of fan_in (PyTorch's default 0.58, Xavier about 1, He 1.41)."""

    module: nn.Module
    name: str
    weight: Tensor
    bias: Tensor | None
    fan_in: int
    ratio: float

    @property
    def alike(self) -> bool:
        """Are all its units the same?"""
        w = self.weight
        return w.numel() > 1 and bool((w == w[:1]).all() if len(w) > 1 else (w == w.flatten()[0]).all())


def starts(network: NetworkSeen) -> list[Start]:
    """The layers of a network with weights that are trained, in the order they are registered in."""
    if network.first is None:
        return []
    now = dict(network.module.named_modules())
    found = []
    for name, module in network.first.named_modules():
        if isinstance(module, LAYERS) and name in now and isinstance(module.weight, Tensor):
            w = module.weight.detach().float()
            if not module.weight.requires_grad or not w.numel():
                continue
            fan_in = w[0].numel()
            found.append(Start(now[name], name, w, module.bias, fan_in, float(w.std(correction=0)) * math.sqrt(fan_in)))
    return found


def trained(program: Program) -> Iterator[NetworkSeen]:
    """Networks that an optimizer which steps holds parameters of."""
    held = {i for o in program.optimizers if o.steps for i in o.held}
    for network in program.networks:
        if any(id(p) in held for p in network.module.parameters()):
            yield network


def size(network: NetworkSeen) -> int:
    """How many numbers are trained."""
    return sum(p.numel() for p in network.module.parameters() if p.requires_grad)


def as_made(module: nn.Module) -> bool:
    """Do the weights fill PyTorch's default range, ±1/√fan_in, and nothing beyond?"""
    weight = module.weight.detach().float()  # type: ignore[operator]
    bound = 1 / math.sqrt(weight[0].numel())
    top = float(weight.abs().max())
    return (
        weight.numel() >= 32
        and 0.85 * bound < top <= bound * 1.0001
        and abs(float(weight.std()) - bound / 3**0.5) < 0.15 * bound
    )
