"""The term of the loss that holds the answers against the target, alone."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.penalty import penalty
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Batch, Replay
from wellfit.nouns.tape import Site
from wellfit.nouns.terms import of_target, terms

FAULTS = ("loss-scale", "targets-unscaled")
ALONE = False
LEAST = 0.3
"""Skill to gain: any other term costs a little of it, and may be wanted."""


def own_term(replay: Replay) -> Replay | None:
    """Edit: a smaller factor of the other terms. Tried without them."""
    batches = tuple(_alone(b) for b in replay.batches)
    if any(b is None for b in batches) or penalty(replay.batches[0].loss) is not None:
        return None
    return replace(replay, batches=tuple(b for b in batches if b), note="the other terms of the loss left out")


def _alone(batch: Batch) -> Batch | None:
    loss = batch.loss
    own = of_target(loss, terms(loss.tape, loss.total))
    if own is None or len(batch.tape.losses) != 1 or not own.node.outs:
        return None
    tape = replace(batch.tape, losses=[own.node.outs[0]])
    return replace(batch, tape=tape, nodes=tape.needed(tape.losses))


def place(program: Program) -> Site | None:
    """Where the loss is called."""
    return program.loss.site if program.loss else None
