"""Batches mixed: rows of all recorded batches dealt out anew."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.replay import Batch, Replay

FAULTS = ("data-not-shuffled",)
USUAL = True
ORDER = 35


def shuffled(replay: Replay) -> Replay | None:
    """Edit: `shuffle=True` in the loader, or a fresh `randperm` each epoch."""
    batches = replay.batches
    target = batches[0].target
    n = len(target) if target is not None and target.ndim else 0
    rows = [len(b.target) for b in batches if b.target is not None and b.target.ndim]
    if len(batches) < 4 or len(rows) < len(batches) or n < 2:
        return None
    full = [b for b, r in zip(batches, rows) if r == n and len(b.leaves) == len(batches[0].leaves)]
    keys = [[i for i, t in b.leaves.items() if t.ndim and len(t) == n] for b in full]
    if any(len(k) != len(keys[0]) for k in keys) or len(full) < 4:
        return None
    order = torch.randperm(n * len(full), generator=torch.Generator().manual_seed(0))
    made = [Batch(b.tape, b.loss, dict(b.leaves), b.nodes) for b in full]
    for place in range(len(keys[0])):
        parts = [b.leaves[k[place]] for b, k in zip(full, keys)]
        if any(p.shape != parts[0].shape for p in parts):
            return None
        mixed = torch.cat(parts)[order].split(n)
        for b, k, part in zip(made, keys, mixed):
            b.leaves[k[place]] = part
    return replace(replay, batches=tuple(made), shuffled=True, note="examples in random order")
