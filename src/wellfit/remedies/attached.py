"""The gradient let through where it is cut."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.replay import Replay

FAULTS = ("graph-detached",)
USUAL = True
ORDER = 20


def attached(replay: Replay) -> Replay | None:
    """Edit: leave out `detach()` or `.data`."""
    if not any(n.name in ("detach", "data") and n.learnt and n.depth for n in replay.batches[0].tape.nodes):
        return None

    def through(func, name, args, kwargs):
        return args[0] if name in ("detach", "data") and args and args[0].requires_grad else NotImplemented

    return replace(replay, inside=(*replay.inside, through), note="nothing detached")
