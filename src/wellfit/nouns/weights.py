"""Weights: what a program's layers held before the first call, against the rule of their fan-in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from wellfit.nouns.program import NetworkSeen, Program

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
PRODUCTS = frozenset(("matmul", "__matmul__", "__rmatmul__", "mm", "bmm", "linear", "addmm", "baddbmm"))
TURNED = frozenset(("t", "T", "transpose", "mT", "permute", "swapaxes"))


APART = 0.3
"""Spread of the units about their mean over the norm of all: independent units have about 1, equal ones 0."""


SMALL_TABLE = 0.01
"""Deviation of a table's rows below which they are too small a start."""


class Start(NamedTuple):
    """A layer as it was before the first call: the user's module (as it ended; None for a weight of no module), its name,
    its first weight and bias, fan_in; ratio: std of the weight times the root of fan_in (PyTorch's default 0.58, Xavier
    about 1, He 1.41); last: its weight in the end, laid out as the first one; number: id of the user's weight of no module."""

    module: nn.Module | None
    name: str
    weight: Tensor
    bias: Tensor | None
    fan_in: int
    ratio: float
    last: Tensor | None = None
    number: int = 0

    @property
    def parted(self) -> bool:
        """Did it begin at zero, as the second factor of an adapter does, and have its units gone ways of their own?"""
        if self.last is None or bool(self.weight.any()) or self.last.shape != self.weight.shape:
            return False
        away = (self.last - self.last.mean(0, keepdim=True)).norm()
        return len(self.last) > 1 and bool(away > APART * self.last.norm())

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
            ratio, last = float(w.std(correction=0)) * math.sqrt(fan_in), getattr(now[name], "weight", None)
            last = last.detach().float() if isinstance(last, Tensor) else None
            found.append(Start(now[name], name, w, module.bias, fan_in, ratio, last))
    return found


def loose(program: Program) -> list[Start]:
    """Weights that belong to no layer of torch's and multiply what comes before them: tensors of a list or parameters of
    a module that somebody wrote; in the order of their use in the first step."""
    tape = next(iter(program.training()), None)
    if tape is None:
        return []
    known = {
        id(p) for n in program.networks for m in n.module.modules() if isinstance(m, LAYERS) for p in m.parameters()
    }
    held = {i for o in program.optimizers if o.steps for i in o.held}
    live = {id(p): p for o in program.optimizers for g in o.optimizer.param_groups for p in g["params"]}
    turned = {o: n.ins[0] for n in tape.nodes if n.name in TURNED and len(n.ins) == 1 for o in n.outs}
    owners = tape.parameters | {o: tape.parameters[i] for o, i in turned.items() if i in tape.parameters}
    found: dict[int, Start] = {}
    for node in tape.nodes:
        ins = node.ins[1:] if node.name in ("addmm", "baddbmm") else node.ins  # the first one is added
        if node.name not in PRODUCTS or len(ins) < 2:
            continue
        for weight, other, axis in ((ins[1], ins[0], -2), (ins[0], ins[1], -1)):
            number = owners.get(weight)
            if number is None or number in known or number in found or number not in held or other in owners:
                continue
            first = program.memo.get(number)
            if isinstance(first, Tensor) and first.ndim > 1:
                w, back = first.detach().float(), weight in turned or node.name == "linear"
                fan_in = w.shape[-1 if back else axis]
                name = program.parameter_names.get(number) or f"weight {len(found) + 1}"
                ratio = float(w.std(correction=0)) * math.sqrt(fan_in)
                w, last = (t if back else t.transpose(-1, -2) for t in (w, live.get(number, first).detach().float()))
                found[number] = Start(None, name, w, None, fan_in, ratio, last, number)
    return list(found.values())


def twins(program: Program) -> Iterator[tuple[int, Tensor, Tensor, str]]:
    """(id, as it was before the first call, as it ended, name) of each weight that a loss was seen to depend on, that moved,
    and whose rows were all the same at the beginning."""
    inside = [n for n in trained(program) if n.first is not None]
    known = {id(p): p for o in program.optimizers for g in o.optimizer.param_groups for p in g["params"]}
    first = {
        id(p): f for n in inside if n.first is not None
        for p, f in zip(n.module.parameters(), n.first.parameters())
    }  # fmt: skip
    for i, p in known.items():
        before = first.get(i, program.memo.get(i))
        if i not in program.reached or not isinstance(before, Tensor) or before.ndim < 2 or before.shape != p.shape:
            continue
        a, b = before.detach(), p.detach()
        same = len(a) > 1 and torch.equal(a[0], a[-1]) and bool((a == a[:1]).all())
        if same and not torch.equal(a, b) and bool(b.isfinite().all()):
            yield i, a.float(), b.float(), program.parameter_names.get(i) or "a tensor"


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


def afresh(network: nn.Module) -> None:
    """Draw the weights of all layers that are trained anew, as PyTorch does by default; rows of tables no larger than the
    script has them, for what products of rows add up to grows with their length."""
    for module in network.modules():
        reset = getattr(module, "reset_parameters", None)
        if callable(reset) and any(p.requires_grad for p in module.parameters(recurse=False)):
            spread = float(module.weight.detach().std()) if isinstance(module, nn.Embedding) else 1.0
            reset()
            if isinstance(module, nn.Embedding) and SMALL_TABLE < spread < 1:
                module.weight.data.mul_(spread)
