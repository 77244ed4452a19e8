"""Predictions and targets broadcast against each other instead of pairing up."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program

PAIRED = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "")


def shape_broadcast(program: Program) -> Finding | None:
    """Sees: the loss is given predictions [B, 1] and targets [B] (or the like), which broadcast to [B, B].
    Hurts: every prediction is held against every target, so the best answer is their mean.
    Mistaken for: capacity-too-small.
    Remedy: `squeeze(1)` on the predictions or `unsqueeze(1)` on the targets.
    Source: torch's own warning for mse_loss; a fact of the run."""
    loss = program.loss
    answer, target = (loss.look(loss.answer), loss.look(loss.target)) if loss else (None, None)
    if loss is None or answer is None or target is None or loss.name not in PAIRED or loss.site is None:
        return None
    a, t = answer.shape, target.shape
    if a == t or len(a) == len(t) or not a or not t or not target.dtype.startswith("float") or max(a + t) < 2:
        return None
    if [d for d in a if d != 1] != [d for d in t if d != 1] or a[0] < 2:
        return None
    return Finding(
        "shape-broadcast", "error", "predictions and targets broadcast against each other",
        f"predictions {list(a)} and targets {list(t)} pair up as {[max(a[0], t[0])] * 2}",
        "squeeze(1) the predictions or unsqueeze(1) the targets", 0.97, loss.tape.index, loss.site.file, loss.site.line,
        source="torch's broadcasting rules",
    )  # fmt: skip
