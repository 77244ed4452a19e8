"""The minibatch is too small: for batch norm, or for the rate."""

from __future__ import annotations

from torch import nn

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import batch_size
from wellfit.nouns.pace import Pace, beyond_usual
from wellfit.nouns.program import Program
from wellfit.nouns.units import figure

ROWS = 2
"""Examples in a batch up to which batch norm sees no spread between examples to speak of."""
NOISY = 4
"""Examples in a batch up to which the gradient's noise is worth a trial."""


def batch_size_too_small(program: Program) -> Finding | None:
    """Sees: batch norm in train mode with one or two examples in every batch and evaluation with running statistics; or
    batches of up to four under a rate in the usual range, whose loss does not settle.
    Hurts: each example is normalised by itself in training and by the average in evaluation, two different networks;
    without batch norm, steps that are mostly noise.
    Mistaken for: normalization-layer-misused, the same fault named by the layer; lr-too-high, the better name where the
    rate is above the usual range.
    Remedy: a batch of 16 or more, or group norm.
    Source: Wu and He 2018, Group Normalization, figure 1; noise confirmed by trial."""
    pace = Pace(program)
    if not 0 < pace.rows <= NOISY or program.main is None:
        return None
    site = batch_size(program, pace.rows)
    place = {"file": site.file if site else None, "line": site.line if site else None}
    norms = _statistics(program)
    if norms and pace.rows <= ROWS:
        return Finding(
            "batch-size-too-small", "error", "the batch is too small for batch norm",
            f"{norms} batch norm layers trained on batches of {pace.rows}, evaluated with running statistics",
            "a batch of 16 or more, or group norm", 0.88, 0, limit=ROWS, source="Wu and He 2018, figure 1", **place,
        )  # fmt: skip
    if norms or pace.fallen > 0.9 or beyond_usual(program.main) < 0:
        return None
    return Finding(
        "batch-size-too-small", "warning", "the batch is so small that steps are mostly noise",
        f"{pace.rows} examples in a batch; the loss went from {figure(pace.start)} to {figure(pace.end)}",
        "a batch of 16 to 128", 0.8 if beyond_usual(program.main) == 0 else 0.5, 0, limit=NOISY,
        source="confirmed by trial", **place,
    )  # fmt: skip


def _statistics(program: Program) -> int:
    """Batch norm layers that were trained with the batch's statistics and evaluated with running ones."""
    kept = [
        m for n in program.networks for m in n.module.modules()
        if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats
    ]  # fmt: skip
    trained = any(n.training for t in program.training()[:8] for n in t.passes())
    evaluated = any(not q.training and not q.grad for q in program.passes)
    return len(kept) if trained and evaluated else 0
