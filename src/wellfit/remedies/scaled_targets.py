"""Regression targets standardised."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.lineage import target_made
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Batch, Replay
from wellfit.nouns.tape import Site

FAULTS = ("targets-unscaled",)
USUAL = True
ORDER = 30


def scaled_targets(replay: Replay) -> Replay | None:
    """Edit: subtract the training mean of the targets and divide by their deviation; undo it for predictions."""
    rows = [b.target for b in replay.batches if b.target is not None]
    if replay.program.task != "regression" or not rows or rows[0].ndim == 0:
        return None
    if any(b.loss.target in b.loss.inputs for b in replay.batches):  # an autoencoder: what goes in comes out
        return None
    y = torch.cat(rows)
    over = [0, *range(2, y.ndim)]  # places of a picture share a unit
    mean, std = y.mean(over, keepdim=True), y.std(over, keepdim=True)

    def fed(batch: Batch):
        leaves = dict(batch.leaves)
        n = batch.loss.target
        if n is None:
            return leaves
        leaves[n] = (leaves[n] - mean) / torch.where(std > 1e-8, std, torch.ones_like(std))
        return leaves

    return replace(replay, fed=(*replay.fed, fed), note="targets standardised")


def place(program: Program) -> Site | None:
    """Where the targets were made."""
    loss = program.loss
    return (target_made(program, loss) or loss.site) if loss else None
