"""The gradient let through where it is cut."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Node, Site

FAULTS = ("graph-detached",)
USUAL = True
ORDER = 20


def attached(replay: Replay) -> Replay | None:
    """Edit: leave out `detach()` or `.data`."""
    if not any(_cuts(n) for n in replay.batches[0].tape.nodes):
        return None

    def through(func, name, args, kwargs):
        return args[0] if name in ("detach", "data") and args and args[0].requires_grad else NotImplemented

    return replace(replay, inside=(*replay.inside, through), note="nothing detached")


def place(program: Program) -> Site | None:
    """Where a network cuts the gradient first."""
    return next((n.site for tape in program.training()[:3] for n in tape.nodes if _cuts(n) and n.site), None)


def _cuts(node: Node) -> bool:
    return node.name in ("detach", "data") and node.learnt and bool(node.depth)
