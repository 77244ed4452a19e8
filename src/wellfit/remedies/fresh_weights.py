"""Weights started afresh as PyTorch does by default."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site
from wellfit.nouns.weights import afresh

FAULTS = ("init-unsuitable",)
KEEPS = True
USUAL = True
ORDER = 5


def fresh_weights(replay: Replay) -> Replay | None:
    """Edit: leave out the initialisation by hand, or use He's or Xavier's. Not for networks that come trained."""
    main = replay.program.main
    if main is None or main.start:
        return None
    return replace(replay, surgeries=(*replay.surgeries, _afresh), note="weights initialised by PyTorch's default")


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
