"""Options: what else a loss function was given beside outputs and targets, and where that is written."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from wellfit.nouns import across
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Ref, Site

PLACES = {"weight": 2, "ignore_index": 4, "label_smoothing": 7}
"""Places of the arguments of `cross_entropy` (those of `nll_loss` and of the binary ones are the same where they have
them)."""

POISSON = {"log_input": 2, "full": 3}
"""The same of `poisson_nll_loss`."""


def option(loss: LossSeen, name: str) -> Any:
    """The value of an argument of the loss's call, a tensor as its copy; None where it was not given."""
    node = loss.node
    if node is None:
        return None
    at = (POISSON if loss.name == "poisson_nll_loss" else PLACES).get(name, 99)
    given = node.kwargs.get(name, node.args[at] if len(node.args) > at else None)
    if isinstance(given, Ref):
        kept = loss.tape.leaves.get(given.n)
        return kept if isinstance(kept, Tensor) else None
    return given


def written(program: Program, loss: LossSeen, name: str) -> Site | None:
    """Where it is written: the argument of the loss's class or call, followed to its origin; else the loss itself."""
    for site in (loss.made, loss.site):
        source = program.source(site)
        for call in source.calls() if source and site else []:
            value = source.keyword(call, name) if source else None
            if site and value is not None and call.lineno <= site.line <= (call.end_lineno or call.lineno):
                return across.written(program, source, value) if source else None
    return loss.made or loss.site
