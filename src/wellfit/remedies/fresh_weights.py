"""Weights started afresh as PyTorch does by default."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from wellfit.nouns.replay import Replay

FAULTS = ("init-unsuitable",)
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
        for module in network.modules():
            reset = getattr(module, "reset_parameters", None)
            if callable(reset) and any(p.requires_grad for p in module.parameters(recurse=False)):
                reset()
