"""A sigmoid after the network, for a loss of probabilities that is given none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from wellfit.nouns.last import last_activation
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("output-activation-unsuitable",)
USUAL = True
ORDER = 20


def sigmoid_output(replay: Replay) -> Replay | None:
    """Edit: nn.Sigmoid() as the last layer, or BCEWithLogitsLoss."""
    loss, look = replay.batches[0].loss, replay.batches[0].loss.look(replay.batches[0].loss.target)
    last = last_activation(loss)
    if replay.program.task != "binary" or look is None or (last is not None and last.name in ("sigmoid", "softmax")):
        return None
    if loss.name not in ("", "binary_cross_entropy") or (last is not None and loss.name):
        return None
    names = [n.name for n in loss.tape.nodes if n.depth == 0 and n.learnt]
    if loss.name == "" and not ("log" in names or "clamp" in names):
        return None

    def surgery(networks: list[nn.Module]) -> None:
        for network in networks[-1:]:
            network.register_forward_hook(_squashed)

    return replace(replay, surgeries=(*replay.surgeries, surgery), note="a sigmoid at the output")


def place(program: Program) -> Site | None:
    """Where the last layer with weights is made."""
    loss = program.loss
    layers = [m for n in program.networks for m in n.module.modules() if list(m.parameters(recurse=False))]
    made = [program.made[id(m)] for m in layers if id(m) in program.made]
    return made[-1] if made else loss.site if loss else None


def _squashed(module: Any, given: Any, out: Any) -> Any:
    return torch.sigmoid(out)
