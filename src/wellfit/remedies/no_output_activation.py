"""No activation after the last layer (and the loss of logits in place of one of probabilities)."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F

from wellfit.nouns.last import last_activation
from wellfit.nouns.program import LossSeen
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Node

FAULTS = ("output-activation-unsuitable",)
USUAL = True
ORDER = 20


def no_output_activation(replay: Replay) -> Replay | None:
    """Edit: leave the last activation out; for a probability loss use its with_logits form."""
    loss = replay.batches[0].loss
    node = last_activation(loss)
    if node is None or not _contradicts(loss, node):
        return None
    place, names = node.inside, (node.name, node.name.rstrip("_"))
    line = (node.site.file, node.site.line) if node.site else None
    probability = loss.name == "binary_cross_entropy"

    def skip(func, name, args, kwargs):
        if name == "binary_cross_entropy" and probability:
            kwargs = {k: v for k, v in kwargs.items() if k not in ("size_average", "reduce")}
            return F.binary_cross_entropy_with_logits(*args[:2], **kwargs)
        if name in names and _called_from(line):
            return args[0] if args else kwargs["input"]
        return NotImplemented

    def surgery(networks):
        for network in networks:
            found = dict(network.named_modules()).get(place)
            if found is not None and not list(found.parameters()) and place:
                parent, _, leaf = place.rpartition(".")
                setattr(network.get_submodule(parent), leaf, torch.nn.Identity())

    if node.layer and node.depth > 1 and node.layer not in ("Sequential",):
        return replace(
            replay, surgeries=(*replay.surgeries, surgery), inside=(*replay.inside, skip) if probability else replay.inside,
            extra={**replay.extra, "logits": True} if probability else replay.extra, note="no activation at the output",
        )  # fmt: skip
    return replace(
        replay, inside=(*replay.inside, skip), note="no activation at the output",
        extra={**replay.extra, "logits": True} if probability else replay.extra,
    )  # fmt: skip


def _contradicts(loss: LossSeen, node: Node) -> bool:
    """May this activation be the trouble? Not where its range is that of the targets."""
    look = loss.look(loss.target)
    if loss.name in ("cross_entropy", "binary_cross_entropy_with_logits", "binary_cross_entropy") or look is None:
        return True
    inside = look.low is not None and look.high is not None and look.low >= 0 and look.high <= 1
    if node.name in ("sigmoid", "sigmoid_", "softmax", "hardsigmoid") and inside:
        return False
    if loss.name == "" and inside:  # a loss of probabilities by hand cannot do without
        return False
    return not (node.name in ("tanh", "tanh_") and look.low is not None and look.low >= -1 and (look.high or 0) <= 1)


def _called_from(line) -> bool:
    import sys

    frame = sys._getframe(2)
    for _ in range(6):
        if frame is None or line is None:
            return False
        if frame.f_code.co_filename == line[0] and frame.f_lineno == line[1]:
            return True
        frame = frame.f_back
    return False
