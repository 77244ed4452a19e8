"""Dropout off and no weight decay."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from wellfit.nouns.locate import layer, optimizer_argument
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("regularization-too-strong",)
USUAL = True
ORDER = 15


def no_penalty(replay: Replay) -> Replay | None:
    """Edit: a smaller `p` of the dropout layers, a smaller `weight_decay`."""
    program = replay.program
    decay = any(g.get("weight_decay", 0) > 0 for g in (program.main.groups if program.main else []))
    drops = any(node.name.endswith("dropout") for t in program.tapes[:4] for node in t.nodes)
    if not decay and not drops:
        return None

    def make(parameters):
        optimizer = replay.optimizer(parameters)
        for group in optimizer.param_groups:
            if group.get("weight_decay"):
                group["weight_decay"] = 0.0
        return optimizer

    def off(func, name, args, kwargs):
        if name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"):
            return args[0] if args else kwargs["input"]
        return NotImplemented

    def surgery(networks: list[nn.Module]) -> None:
        for network in networks:
            for module in network.modules():
                if isinstance(module, (nn.RNNBase, nn.MultiheadAttention)):
                    module.dropout = 0.0

    return replace(
        replay, optimizer=make, inside=(*replay.inside, off), surgeries=(*replay.surgeries, surgery),
        note="no dropout, no weight decay",
    )  # fmt: skip


def place(program: Program) -> Site | None:
    """The first dropout layer where there is one, else the optimizer's weight_decay."""
    return layer(program, program.made, nn.modules.dropout._DropoutNd) or optimizer_argument(program, "weight_decay")
