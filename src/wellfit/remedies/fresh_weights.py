"""Weights started afresh as PyTorch does by default."""

from __future__ import annotations

import copy
from dataclasses import replace

import torch
from torch import nn

from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site
from wellfit.nouns.weights import afresh, loose, twins

FAULTS = ("init-unsuitable",)
KEEPS = True
USUAL = True
ORDER = 5


def fresh_weights(replay: Replay) -> Replay | None:
    """Edit: leave out the initialisation by hand, or use He's or Xavier's. Not for networks that come trained."""
    main = replay.program.main
    if main is None or main.start:
        return None
    return replace(
        _drawn(replay), surgeries=(*replay.surgeries, _afresh), note="weights initialised by PyTorch's default"
    )


def _drawn(replay: Replay) -> Replay:
    """Weights of no layer of torch's drawn anew: those that multiply what comes before them by their fan-in, those whose
    rows all start the same by the length of a row."""
    fans = {id_: max(first[0].numel(), 1) for id_, first, *_ in twins(replay.program)}
    fans |= {x.number: x.fan_in for x in loose(replay.program)}
    fans = {i: fan for i, fan in fans.items() if i in replay.parameters}
    if not fans:
        return replay
    networks, parameters = copy.deepcopy((replay.networks, replay.parameters))
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        for i, fan in fans.items():
            parameters[i].uniform_(-(fan**-0.5), fan**-0.5)
    return replace(replay, networks=networks, parameters=parameters)


def _afresh(networks: list[nn.Module]) -> None:
    for network in networks:
        afresh(network)


def place(program: Program) -> Site | None:
    """The first initialisation by hand: a call of nn.init, else `.data.fill_()` and the like in the source."""
    sites = [sites[0] for key, sites in program.sites.items() if key.startswith("init:")]
    if sites:
        return min(sites, key=lambda s: s.line)
    for path, source in program.sources.items():
        for call in source.calls("fill_", "zero_", "normal_", "uniform_", "copy_", "constant_", "mul_"):
            return Site(path, call.lineno, "")
    return None
