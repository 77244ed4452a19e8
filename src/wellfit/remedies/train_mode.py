"""Trained in train mode."""

from __future__ import annotations

from dataclasses import replace

from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd

from wellfit.nouns.replay import Replay

FAULTS = ("mode-wrong",)
KEEPS = True
USUAL = True
ORDER = 40


def train_mode(replay: Replay) -> Replay | None:
    """Edit: `model.train()` at the start of each epoch."""
    modes = [n.training for b in replay.batches for n in b.nodes if n.module is not None]
    layers = [m for n in replay.networks.values() for m in n.modules()]
    differ = any(isinstance(m, (_DropoutNd, _NormBase)) for m in layers)
    return replace(replay, train_mode=True, note="in train mode throughout") if differ and not all(modes) else None
