"""Gradients cleared before each backward, and not again before the step."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.replay import Replay

FAULTS = ("zero-grad-missing", "gradients-cleared")
KEEPS = True
USUAL = True
ORDER = 20


def cleared_gradients(replay: Replay) -> Replay | None:
    """Edit: `optimizer.zero_grad()` before `backward()`."""
    if not any(b.tape.stale or b.tape.cleared for b in replay.batches):
        return None
    return replace(replay, clear="before", note="gradients cleared before each backward")
