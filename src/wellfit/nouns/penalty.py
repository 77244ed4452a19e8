"""Penalty: what a program adds to its loss that depends on the weights alone."""

from __future__ import annotations

from wellfit.nouns.program import LossSeen
from wellfit.nouns.tape import Node


def penalty(loss: LossSeen) -> Node | None:
    """The call that adds a penalty on the weights (L1, L2 by hand) to the loss; None where there is none, or where
    what is added depends on what the network gave."""
    node, tape = loss.node, loss.tape
    if node is None or not loss.name or not node.outs or node.outs[0] == loss.total:
        return None
    makers = tape.makers()
    at, depth = loss.total, 0
    while at in makers and depth < 50:
        made, depth = makers[at], depth + 1
        sides = {i: _ancestors(tape, i) for i in made.ins}
        main = [i for i, grown in sides.items() if node.outs[0] in grown]
        rest = [i for i in sides if i not in main]
        if len(main) != 1:
            return None
        if made.name in ("add", "__add__", "__radd__", "__iadd__", "add_") and rest:
            grown = set().union(*(sides[i] for i in rest))
            if grown & set(tape.parameters) and not any(set(n.outs) & grown for n in tape.passes()):
                return made
        at = main[0]
    return None


def _ancestors(tape, n: int) -> set[int]:
    found = {n}
    for node in reversed(tape.nodes):
        if found & set(node.outs):
            found |= set(node.ins)
    return found
