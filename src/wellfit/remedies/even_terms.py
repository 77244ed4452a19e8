"""A summed term of the loss as a mean, as the one beside it is."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.penalty import penalty
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Batch, Replay
from wellfit.nouns.tape import Node, Site
from wellfit.nouns.terms import unlike

FAULTS = ("loss-scale",)
ALONE = False
LEAST = MUCH = 0.12
"""Skill to gain on held-out batches: a penalty is there to cost some on those trained on."""


def even_terms(replay: Replay) -> Replay | None:
    """Edit: `.mean()` in place of `.sum()`, or the same reduction for both terms of the loss."""
    if penalty(replay.batches[0].loss) is not None:
        return None
    batches = tuple(_even(b) for b in replay.batches)
    if all(new is old for new, old in zip(batches, replay.batches)):
        return None
    return replace(replay, batches=batches, note="both terms of the loss as means")


def _even(batch: Batch) -> Batch:
    """The batch with the sum divided by its elements; as it is where there is none (a factor that only begins to rise)."""
    term, looks = unlike(batch.loss), batch.tape.looks
    if term is None or len(batch.tape.losses) != 1 or term.node not in batch.nodes:
        return batch
    before = next((n for n in batch.nodes if set(n.outs) & set(term.node.ins[:1])), None)
    first = before if before is not None and before.name == "sum" and term.node.name == "mean" else term.node
    look = looks.get(first.ins[0]) if first.ins else None
    values = 1
    for size in look.shape if look else ():
        values *= size
    return replace(batch, nodes=[_divided(n, values / term.elements if first is before else values) if n is term.node else n
                                 for n in batch.nodes])  # fmt: skip


def _divided(node: Node, by: float) -> Node:
    call = node.call
    return replace(node, call=lambda *args, **kwargs: call(*args, **kwargs) / by) if call is not None else node


def place(program: Program) -> Site | None:
    """Where the sum is written."""
    found = unlike(program.loss) if program.loss else None
    return found.node.site if found else None
