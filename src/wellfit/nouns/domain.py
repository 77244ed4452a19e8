"""Domain: the first call of a step that made, of finite numbers, some that are not."""

from __future__ import annotations

from wellfit.nouns.tape import Look, Node, Tape

POSITIVE = frozenset(("log", "log2", "log10", "sqrt", "rsqrt", "pow", "__pow__", "log_"))
"""Calls that give no number of what lies below zero (a power: where its exponent is no whole number)."""


def broken(tape: Tape) -> tuple[Node, Look] | None:
    """(the call, what it was given) where learnt numbers left what it is defined for; None where all are finite."""
    for node in tape.nodes:
        if node.module is not None or not node.learnt or not node.outs:
            continue
        out, given = tape.looks.get(node.outs[0]), [tape.looks.get(i) for i in node.ins]
        if out is None or not out.bad_frac or any(g is None or g.bad_frac for g in given):
            continue
        first = next((g for g in given if g is not None and g.low is not None), None)
        return (node, first) if first is not None else None
    return None
