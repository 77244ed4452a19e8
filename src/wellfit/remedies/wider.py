"""A network of many times the width."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.locate import width
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Batch, Replay
from wellfit.nouns.tape import Ref, Site, mapped
from wellfit.nouns.widening import hidden, units, widen

FAULTS = ("capacity-too-small",)
KEEPS = True
HANDICAP = 0.1
USUAL = True
ORDER = 6
NARROW, FACTOR = 8, 16
"""Hidden units (or channels) up to which a network may be too small, and how many times wider it is tried."""
CODE = 1
"""The same where it is to give back what it is fed: there a narrow code is the purpose, but one number is none."""


def wider(replay: Replay) -> Replay | None:
    """Edit: more hidden units. Only for a single network of layers of torch's, its narrowest hidden layer of 8 units or
    fewer (a single one where it gives back what it is fed)."""
    batch = replay.batches[0]
    calls = [n for n in batch.nodes if n.module is not None]
    if len(calls) != 1 or len(replay.networks) != 1 or (replay.program.main is not None and replay.program.main.start):
        return None
    network = next(iter(replay.networks.values()))
    widths = [units(m) for m in hidden(network)]
    ends = [
        batch.tape.looks[i].shape[-1]
        for i in (*calls[0].ins[:1], *calls[0].outs[:1])
        if len(batch.tape.looks[i].shape) > 1
    ]
    narrow = CODE if len(ends) == 2 and ends[0] == ends[1] else NARROW
    if not widths or min(widths) > narrow or not _fits(batch, network):
        return None

    def make(parameters: dict[int, Tensor]) -> torch.optim.Optimizer:
        optimizer = replay.optimizer(parameters)
        held = {id(p) for g in optimizer.param_groups for p in g["params"]}
        new = [p for p in parameters.values() if isinstance(p, nn.Parameter) and p.requires_grad and id(p) not in held]
        optimizer.param_groups[0]["params"] += list({id(p): p for p in new}.values())
        return optimizer

    return replace(
        replay, optimizer=make, surgeries=(partial(_surgery, batch), *replay.surgeries), steps=max(replay.steps, 300),
        note=f"{FACTOR} times as many hidden units",
    )  # fmt: skip


def _surgery(batch: Batch, networks: list[nn.Module]) -> None:
    for network in networks:
        _widened(batch, network)


def _widened(batch: Batch, network: nn.Module) -> Any:
    """Widen a network by what this batch feeds it; what it then gives."""
    node = next(n for n in batch.nodes if n.module is not None)
    args, kwargs = (mapped(x, Ref, lambda r: batch.leaves[r.n]) for x in (node.args, node.kwargs))
    return widen(network, args, kwargs, FACTOR)


def _fits(batch: Batch, network: nn.Module) -> bool:
    """Does the widened network take what this one takes?"""
    node = next(n for n in batch.nodes if n.module is not None)
    try:
        with torch.random.fork_rng():
            given = _widened(batch, copy.deepcopy(network))
        return isinstance(given, Tensor) and given.shape == batch.tape.looks[node.outs[0]].shape
    except Exception:
        return False


def place(program: Program) -> Site | None:
    """Where the narrowest hidden width is written, else the layer."""
    layers = [m for network in program.networks for m in hidden(network.module)]
    return width(program, min(layers, key=units)) if layers else None
