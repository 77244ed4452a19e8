"""Kinks: activations of straight pieces in a network whose second derivatives a loss asks for."""

from __future__ import annotations

from wellfit.nouns.locate import named
from wellfit.nouns.program import Program
from wellfit.nouns.tape import Node, Site, Tape

KINKED = frozenset(("relu", "relu_", "leaky_relu", "leaky_relu_", "hardtanh", "relu6", "prelu", "rrelu", "hardshrink"))
SMOOTH = frozenset(
    (
        "tanh",
        "sigmoid",
        "sin",
        "cos",
        "gelu",
        "silu",
        "softplus",
        "elu",
        "mish",
        "exp",
        "selu",
        "celu",
        "softmax",
        "erf",
    )
)


def kinked(tape: Tape) -> list[Node]:
    """The hidden activations, all of straight pieces, of a network whose answers the loss derives twice by the inputs:
    the second derivative of such a network is zero wherever there is one."""
    hidden = [n for n in tape.nodes if n.depth and n.learnt]
    found = [n for n in hidden if n.name in KINKED]
    return found if found and twice(tape) and not any(n.name in SMOOTH for n in hidden) else []


def twice(tape: Tape) -> bool:
    """Is a derivative of the answers derived again by the points where they were taken?"""
    first: set[int] = set()
    for node in tape.nodes:
        if node.name == "grad" and node.depth == 0:
            sources = {r for r in node.ins if r not in tape.asking}
            if first & sources and any(i in tape.asking for i in node.ins):
                return True
            first |= set(node.outs)
        elif node.depth == 0 and first & set(node.ins):
            first |= set(node.outs)
    return False


def place(program: Program) -> Site | None:
    """Where the first such activation is made, else called."""
    for tape in program.training()[:3]:
        for node in kinked(tape)[:1]:
            for network in program.networks:
                for module in network.module.modules():
                    if network.names.get(id(module)) == node.inside and node.inside and id(module) in program.made:
                        return named(program, program.made[id(module)])
            return node.site
    return None
