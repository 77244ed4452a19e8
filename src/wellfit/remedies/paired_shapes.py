"""Targets in the shape of the predictions, so that they pair up instead of broadcasting."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.replay import Batch, Replay

FAULTS = ("shape-broadcast",)
USUAL = True
ORDER = 20


def paired_shapes(replay: Replay) -> Replay | None:
    """Edit: `squeeze(1)` on the predictions or `unsqueeze(1)` on the targets."""
    loss = replay.batches[0].loss
    answer, target = loss.look(loss.answer), loss.look(loss.target)
    if answer is None or target is None or not target.dtype.startswith("float") or answer.shape == target.shape:
        return None
    if [d for d in answer.shape if d != 1] != [d for d in target.shape if d != 1]:
        return None

    def fed(batch: Batch):
        shape = batch.loss.look(batch.loss.answer)
        leaves = dict(batch.leaves)
        n = batch.loss.target
        if shape is not None and n is not None:
            leaves[n] = leaves[n].reshape(len(leaves[n]), *shape.shape[1:])
        return leaves

    return replace(replay, fed=(*replay.fed, fed), note="targets in the predictions' shape")
