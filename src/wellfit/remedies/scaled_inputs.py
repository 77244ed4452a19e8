"""Inputs standardised, each feature (or channel) by its mean and spread over the recorded batches."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.fed import built, inputs_chain
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Batch, Replay
from wellfit.nouns.scaled import unused
from wellfit.nouns.tape import Site

FAULTS = ("inputs-unscaled",)
USUAL = True
ORDER = 30


def scaled_inputs(replay: Replay) -> Replay | None:
    """Edit: subtract the training mean and divide by the training deviation before the network."""
    known = {}
    first = replay.batches[0]
    for n in first.loss.inputs:
        x = first.leaves.get(n)
        if x is None or not x.is_floating_point() or x.ndim < 2 or n == first.loss.target:
            continue
        place = first.loss.inputs.index(n)
        rows = [b.leaves[b.loss.inputs[place]] for b in replay.batches if len(b.loss.inputs) > place]
        rows = torch.cat(
            [r for r in rows if r.ndim == x.ndim and r.shape[2:] == x.shape[2:] and r.shape[1] == x.shape[1]]
        )
        if _well(rows):
            continue
        over = (0, *range(2, x.ndim)) if x.ndim == 4 else tuple(range(x.ndim - 1))
        known[place] = (rows.mean(over, keepdim=True), rows.std(over, keepdim=True))
    if not known:
        return None

    def fed(batch: Batch):
        leaves = dict(batch.leaves)
        for place, (mean, std) in known.items():
            n = batch.loss.inputs[place]
            leaves[n] = (leaves[n] - mean) / torch.where(std > 1e-8, std, torch.ones_like(std))
        return leaves

    return replace(replay, fed=(*replay.fed, fed), note="inputs standardised")


def place(program: Program) -> Site | None:
    """Where the inputs are made."""
    return unused(program) or built(inputs_chain(program))


SCALE = (0.05, 8.0)
"""Root mean square outside which a feature counts as unscaled: the lecture's aim is 1, pictures in 0..1 have 0.1 to 0.7."""


def _well(rows: torch.Tensor) -> bool:
    """Are all features near a scale of 1 already?"""
    size = rows.float().square().mean(0).sqrt()
    return float(size.max()) <= SCALE[1] and float(size.square().mean().sqrt()) >= SCALE[0]
