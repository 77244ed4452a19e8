"""A network of many times the width."""

from __future__ import annotations

import copy
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from wellfit.nouns.origin import origin
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Batch, Replay
from wellfit.nouns.tape import Ref, Site, mapped

FAULTS = ("capacity-too-small",)
HANDICAP = 0.1
USUAL = True
ORDER = 6
NARROW, FACTOR = 8, 16
"""Hidden units (or channels) up to which a network may be too small, and how many times wider it is tried."""
CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


def wider(replay: Replay) -> Replay | None:
    """Edit: more hidden units. Only for a single network that is one chain of layers, its narrowest hidden layer of 8
    units or fewer, and that does not give back what it is fed."""
    batch = replay.batches[0]
    calls = [n for n in batch.nodes if n.module is not None]
    if len(calls) != 1 or len(replay.networks) != 1 or (replay.program.main is not None and replay.program.main.start):
        return None
    network = next(iter(replay.networks.values()))
    hidden = _hidden(network)
    ends = [batch.tape.looks[i].shape[-1] for i in (*calls[0].ins[:1], *calls[0].outs[:1]) if batch.tape.looks[i].shape]
    if not hidden or min(hidden) > NARROW or (len(ends) == 2 and ends[0] == ends[1]) or not _fits(batch, network):
        return None

    def make(parameters: dict[int, Tensor]) -> torch.optim.Optimizer:
        optimizer = replay.optimizer(parameters)
        held = {id(p) for g in optimizer.param_groups for p in g["params"]}
        new = [p for p in parameters.values() if isinstance(p, nn.Parameter) and p.requires_grad and id(p) not in held]
        optimizer.param_groups[0]["params"] += list({id(p): p for p in new}.values())
        return optimizer

    surgery = lambda networks: [_widen(n) for n in networks]
    return replace(
        replay, optimizer=make, surgeries=(surgery, *replay.surgeries), steps=max(replay.steps, 300),
        note=f"{FACTOR} times as many hidden units",
    )  # fmt: skip


def _layers(network: nn.Module) -> list[nn.Linear | nn.Conv1d]:
    return [m for m in network.modules() if isinstance(m, (nn.Linear, *CONVS))]  # type: ignore[return-value]


def _out(layer: nn.Module) -> int:
    return layer.out_features if isinstance(layer, nn.Linear) else layer.out_channels  # type: ignore[union-attr, return-value]


def _hidden(network: nn.Module) -> list[int]:
    """Units of the layers but the last; empty where there are parts that cannot be widened."""
    known = (nn.Linear, *CONVS, _NormBase)
    if any(not isinstance(m, known) and any(True for _ in m.parameters(recurse=False)) for m in network.modules()):
        return []
    if any(isinstance(m, CONVS) and m.groups > 1 for m in network.modules()):
        return []
    return [_out(m) for m in _layers(network)[:-1]]


def _widen(network: nn.Module) -> None:
    """Every hidden width times FACTOR, all weights afresh."""
    layers = _layers(network)
    for name, module in list(network.named_modules()):
        new = None
        if isinstance(module, _NormBase):
            new = type(module)(module.num_features * FACTOR)
        elif any(module is m for m in layers):
            first, last = module is layers[0], module is layers[-1]
            new = _copy(module, 1 if first else FACTOR, 1 if last else FACTOR)
        if new is not None and name:
            parent, _, child = name.rpartition(".")
            setattr(network.get_submodule(parent), child, new.train(module.training))


def _copy(module: nn.Module, ins: int, outs: int) -> nn.Module:
    if isinstance(module, nn.Linear):
        return nn.Linear(module.in_features * ins, module.out_features * outs, module.bias is not None)
    kind: type = type(module)
    conv: nn.Conv1d = module  # type: ignore[assignment]
    return kind(
        conv.in_channels * ins, conv.out_channels * outs, conv.kernel_size, conv.stride, conv.padding, conv.dilation, 1,
        conv.bias is not None, conv.padding_mode,
    )  # fmt: skip


def _fits(batch: Batch, network: nn.Module) -> bool:
    """Does the widened network take what this one takes?"""
    node = next(n for n in batch.nodes if n.module is not None)
    try:
        tried = copy.deepcopy(network)
        _widen(tried)
        args, kwargs = (mapped(x, Ref, lambda r: batch.leaves[r.n]) for x in (node.args, node.kwargs))
        with torch.no_grad(), torch.random.fork_rng():
            given = tried(*args, **kwargs)
        return isinstance(given, Tensor) and given.shape == batch.tape.looks[node.outs[0]].shape
    except Exception:
        return False


def place(program: Program) -> Site | None:
    """Where the narrowest hidden width is written, else the layer."""
    for network in program.networks:
        layers = _layers(network.module)[:-1]
        for layer in sorted(layers, key=_out)[:1]:
            site = program.made.get(id(layer))
            source = program.source(site)
            call = source.call_on(site.line, type(layer).__name__) if source and site else None
            if source is None or site is None or call is None or len(call.args) < 2:
                return site
            return Site(site.file, origin(source, call.args[1]).lineno, site.function)
    return None
