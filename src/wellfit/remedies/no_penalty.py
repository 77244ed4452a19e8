"""Dropout off, no weight decay, no penalty on the weights."""

from __future__ import annotations

from dataclasses import replace

from torch import nn

from wellfit.nouns.locate import layer, optimizer_argument
from wellfit.nouns.options import option
from wellfit.nouns.penalty import penalty
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Batch, Replay
from wellfit.nouns.tape import Site

FAULTS = ("regularization-too-strong",)
USUAL = True
ORDER = 15


def no_penalty(replay: Replay) -> Replay | None:
    """Edit: a smaller `p` of the dropout layers, a smaller `weight_decay`."""
    program = replay.program
    decay = any(g.get("weight_decay", 0) > 0 for g in (program.main.groups if program.main else []))
    drops = any(node.name.endswith("dropout") for t in program.tapes[:4] for node in t.nodes)
    batches = tuple(_bare(b) for b in replay.batches)
    added = any(new is not old for new, old in zip(batches, replay.batches))
    smoothed = option(replay.batches[0].loss, "label_smoothing")
    if not decay and not drops and not added and not smoothed:
        return None

    def make(parameters):
        optimizer = replay.optimizer(parameters)
        for group in optimizer.param_groups:
            if group.get("weight_decay"):
                group["weight_decay"] = 0.0
        return optimizer

    def off(func, name, args, kwargs):
        if name == "cross_entropy" and kwargs.get("label_smoothing"):
            return func(*args, **{**kwargs, "label_smoothing": 0.0})
        if name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"):
            return args[0] if args else kwargs["input"]
        return NotImplemented

    def surgery(networks: list[nn.Module]) -> None:
        for network in networks:
            for module in network.modules():
                if isinstance(module, (nn.RNNBase, nn.MultiheadAttention)):
                    module.dropout = 0.0

    return replace(
        replay, optimizer=make, batches=batches, inside=(*replay.inside, off), surgeries=(*replay.surgeries, surgery),
        note="no dropout, no penalty on the weights",
    )  # fmt: skip


def _bare(batch: Batch) -> Batch:
    """The batch with the loss alone minimised, where a penalty on the weights is added to it."""
    found = penalty(batch.loss)
    if found is None or len(batch.tape.losses) != 1:
        return batch
    tape = replace(batch.tape, losses=[found[1]])
    return replace(batch, tape=tape, nodes=tape.needed(tape.losses))


def place(program: Program) -> Site | None:
    """The first dropout layer where there is one, else the optimizer's weight_decay."""
    return layer(program, program.made, nn.modules.dropout._DropoutNd) or optimizer_argument(program, "weight_decay")
