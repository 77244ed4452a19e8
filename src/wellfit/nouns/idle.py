"""Idle: activations that bend nothing, or let nothing through, by the figures of what went in and came out."""

from __future__ import annotations

import ast
from collections.abc import Callable

from wellfit.nouns.across import written
from wellfit.nouns.last import ACTIVATIONS, THROUGH
from wellfit.nouns.locate import named
from wellfit.nouns.program import Program
from wellfit.nouns.tape import Look, Node, Site, Tape

Known = tuple[Site | None, str, bool]
"""An activation's line and name, and whether it stands behind another one."""
LATE = 3
"""Steps written down with figures from which what none of them shows is no accident of the first weights."""
BENDING = ACTIVATIONS | {"celu", "rrelu", "threshold", "hardswish", "hardshrink", "softshrink", "tanhshrink"}
LAYERS = ("linear", "conv1d", "conv2d", "conv3d")
SHIFTS = THROUGH | {"neg", "__neg__", "negative", "dropout"}
"""Calls that a value can pass through on the way from one activation to the next."""


def passing(tapes: list[Tape]) -> set[tuple[Site | None, str]]:
    """(line, name) of the activations that gave in every step just what they were given, below zero and above: a slope of
    1, limits that nothing reaches."""
    found = _alike(tapes, lambda node, given, made: _whole(given) == _whole(made) and (given.low or 0) < 0)
    return {(site, name) for site, name, _ in found or ()}


def shut(tapes: list[Tape]) -> Node | None:
    """The first activation that gives one and the same number in every step, as what it is given is another activation's
    and lies where it is flat: what stands before it is never trained."""
    found = _alike(tapes, lambda node, given, made: made.low == made.high and given.low != given.high)
    if not found:
        return None
    makers = tapes[0].inner_makers()
    there = (n for n in tapes[0].nodes if n.ins and (n.site, n.name, True) in found)
    return next((n for n in there if _behind_another(makers, n)), None)


def mixed(tape: Tape, last: Node | None) -> list[Node]:
    """The hidden softmaxes, where each goes straight into a layer's weights: units that have to share a sum of 1. Empty
    where one weighs what it is multiplied with, as in attention."""
    found = [n for n in tape.nodes if n.depth and n.learnt and n.name == "softmax" and n is not last and n.outs]
    into = [[o for o in tape.nodes if o.depth and o.module is None and n.outs[0] in o.ins] for n in found]
    straight = all(o and all(n.name in LAYERS and n.ins[0] == f.outs[0] for n in o) for f, o in zip(found, into))
    return found if straight else []


def place(program: Program, node: Node, *settings: str) -> Site | None:
    """Where such an activation's setting is written, else where it is made or called."""
    module = next(
        (
            m
            for n in program.networks
            for m in n.module.modules()
            if node.inside and n.names.get(id(m)) == node.inside and not list(m.children()) and id(m) in program.made
        ),
        None,
    )
    site = program.made[id(module)] if module is not None else node.site
    source = program.source(site)
    call = (
        source.call_on(site.line, type(module).__name__ if module is not None else node.name)
        if source and site
        else None
    )
    if source is None or site is None or call is None:
        return named(program, site)
    value = source.keyword(call, *settings)
    value = call.args[-1] if value is None and call.args and module is not None else value
    return written(program, source, value) if isinstance(value, ast.expr) else named(program, site)


def _alike(tapes: list[Tape], holds: Callable[[Node, Look, Look], bool]) -> set[Known] | None:
    """The activations of which this holds wherever they were looked at; None where too few steps were."""
    true: set[Known] = set()
    false: set[Known] = set()
    looked = 0
    for tape in tapes:
        seen, makers = False, tape.inner_makers()
        for node in tape.nodes:
            if node.name not in BENDING or not node.learnt or not node.outs or node.ins[:1] == node.outs[:1]:
                continue
            given, made = tape.looks.get(node.ins[0]), tape.looks.get(node.outs[0])
            if given is None or made is None or given.low is None or made.low is None or given.shape != made.shape:
                continue
            behind = _behind_another(makers, node)  # two of a name may stand on one line
            (true if holds(node, given, made) else false).add((node.site, node.name, behind))
            seen = True
        looked += seen
    return true - false if looked >= LATE else None


def _whole(look: Look) -> tuple[float | None, ...]:
    return look.low, look.high, look.mean, look.std


def _behind_another(makers: dict[int, Node], node: Node) -> bool:
    """Is what it is given another activation's answer, turned round or laid out otherwise at most?"""
    at = node.ins[0]
    for _ in range(6):
        made = makers.get(at)
        if made is None or not made.ins:
            return False
        if made.name in BENDING:
            return True
        if made.name not in SHIFTS:
            return False
        at = made.ins[0]
    return False
