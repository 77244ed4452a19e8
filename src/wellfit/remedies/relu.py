"""ReLU in place of hidden sigmoids and tanhs, or between layers that have nothing between them."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.idle import mixed
from wellfit.nouns.last import last_activation
from wellfit.nouns.locate import named
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("activation-unsuitable",)
KEEPS = True
HANDICAP = 0.1
USUAL = True
ORDER = 45
SOFT = ("sigmoid", "tanh", "hardtanh", "hardsigmoid", "softsign", "tanhshrink", "logsigmoid")
ANY = (*SOFT, "relu", "relu_", "gelu", "silu", "elu", "leaky_relu", "selu", "mish", "celu", "prelu", "softplus")


def relu(replay: Replay) -> Replay | None:
    """Edit: ReLU as the hidden activation."""
    tape, loss = replay.batches[0].tape, replay.batches[0].loss
    last = last_activation(loss)
    if any(n.name == "grad" for n in tape.nodes):
        return None  # a kink has no second derivative
    hidden = [n for n in tape.nodes if n.depth and n.learnt and n is not last]
    soft = {n.name for n in hidden if n.name in SOFT} | ({"softmax"} if mixed(tape, last) else set())
    if any(n.name in ("lstm", "gru", "rnn_tanh", "scaled_dot_product_attention") for n in hidden):
        return None
    layers = [n for n in hidden if n.name in ("linear", "conv2d", "conv1d")]
    none = not any(n.name in ANY for n in tape.nodes if n.learnt and n is not last) and len(layers) > 1
    if not soft and not none:
        return None
    where = {(n.site.file, n.site.line) for n in hidden if n.name in soft and n.site}
    ends = {id(n) for n in layers[-1:]}
    width = next((tape.looks[o].shape for n in layers if id(n) in ends for o in n.outs if o in tape.looks), ())

    def inside(func, name, args, kwargs):
        if name in soft and (last is None or last.name != name or args[0].shape[1:] != tuple(width[1:])):
            return torch.relu(args[0])
        if none and name in ("linear", "conv2d", "conv1d"):
            given = func(*args, **kwargs)
            return given if given.shape[1:] == tuple(width[1:]) else torch.relu(given)
        return NotImplemented

    note = "ReLU as the hidden activation" if soft and where is not None else "ReLU between the layers"
    return replace(replay, inside=(*replay.inside, inside), note=note)


def place(program: Program) -> Site | None:
    """Where the first hidden activation is made or called, else the first layer that lacks one."""
    loss = program.loss
    if loss is None:
        return None
    last = last_activation(loss)
    hidden = [n for n in loss.tape.nodes if n.depth and n.learnt and n is not last]
    known = mixed(loss.tape, last) or [n for n in hidden if n.name in SOFT]
    node = next(iter(known), None) or next((n for n in hidden if n.name == "linear"), None)
    if node is None:
        return None
    for network in program.networks:
        for module in network.module.modules():
            if network.names.get(id(module)) == node.inside and node.inside and id(module) in program.made:
                return named(program, program.made[id(module)])
    return node.site
