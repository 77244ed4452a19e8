"""The minibatch is too small for batch norm."""

from __future__ import annotations

from torch import nn

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import batch_size
from wellfit.nouns.pace import Pace
from wellfit.nouns.program import Program

ROWS = 2
"""Examples in a batch up to which batch norm sees no spread between examples to speak of."""


def batch_size_too_small(program: Program) -> Finding | None:
    """Sees: batch norm in train mode with one or two examples in every batch, and evaluation with running statistics.
    Hurts: each example is normalised by itself in training and by the average in evaluation: two different networks.
    Mistaken for: normalization-layer-misused, the same fault named by the layer.
    Remedy: a batch of 16 or more, or group norm.
    Source: Wu and He 2018, Group Normalization, figure 1."""
    pace = Pace(program)
    if not 0 < pace.rows <= ROWS or not program.steps:
        return None
    norms = [
        m for n in program.networks for m in n.module.modules()
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats
    ]  # fmt: skip
    trained = [n for t in program.training()[:8] for n in t.passes() if n.training]
    evaluated = [q for q in program.passes if not q.training and not q.grad]
    if not norms or not trained or not evaluated:
        return None
    site = batch_size(program, pace.rows)
    return Finding(
        "batch-size-too-small", "error", "the batch is too small for batch norm",
        f"{len(norms)} batch norm layers trained on batches of {pace.rows}, evaluated with running statistics",
        "a batch of 16 or more, or group norm", 0.88, 0,
        site.file if site else None, site.line if site else None, limit=ROWS, source="Wu and He 2018, figure 1",
    )  # fmt: skip
