"""Trained in train mode."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.replay import Replay

FAULTS = ("mode-wrong",)
USUAL = True
ORDER = 40


def train_mode(replay: Replay) -> Replay | None:
    """Edit: `model.train()` at the start of each epoch."""
    modes = [n.training for b in replay.batches for n in b.nodes if n.module is not None]
    return None if all(modes) or not any(modes) else replace(replay, train_mode=True, note="in train mode throughout")
