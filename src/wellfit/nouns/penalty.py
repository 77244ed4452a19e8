"""Penalty: what a program adds to its loss that depends on the weights alone."""

from __future__ import annotations

from wellfit.nouns.program import LossSeen
from wellfit.nouns.tape import Node


def penalty(loss: LossSeen) -> tuple[Node, int] | None:
    """(the call that adds a penalty on the weights (L1, L2 by hand) to the loss, the loss's own tensor without it); None
    where there is none, or where what is added depends on what the network gave."""
    tape = loss.tape
    own = loss.node.outs[0] if loss.name and loss.node is not None and loss.node.outs else None
    if own == loss.total:
        return None
    given = {o for n in tape.passes() for o in n.outs}
    of_data = lambda grown: own in grown if own is not None else bool(grown & given)
    makers = tape.makers()
    at, depth = loss.total, 0
    while at in makers and depth < 50:
        made, depth = makers[at], depth + 1
        sides = {i: tape.ancestors([i]) for i in made.ins}
        main = [i for i, grown in sides.items() if of_data(grown)]
        rest = [i for i in sides if i not in main]
        if len(main) != 1:
            return None
        if made.name in ("add", "__add__", "__radd__", "__iadd__", "add_") and rest:
            grown = set().union(*(sides[i] for i in rest))
            if grown & set(tape.parameters) and not grown & given:
                return made, own if own is not None else main[0]
        at = main[0]
    return None
