"""All parameters that the loss reaches handed to the optimizer."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("parameters-missing",)
KEEPS = True
USUAL = True
ORDER = 20


def all_parameters(replay: Replay) -> Replay | None:
    """Parameters of the networks that no group holds are added to the first one. Edit: the optimizer's first argument."""

    def make(parameters):
        optimizer = replay.optimizer(parameters)
        held = {id(p) for g in optimizer.param_groups for p in g["params"]}
        for p in parameters.values():
            if id(p) not in held and p.requires_grad:
                held.add(id(p))
                optimizer.param_groups[0]["params"].append(p)
        return optimizer

    seen = {i for o in replay.program.optimizers for i in o.held}
    if not replay.program.reached - seen:
        return None
    return replace(replay, optimizer=make, note="all parameters in the optimizer")


def place(program: Program) -> Site | None:
    """Where the edit goes."""
    return optimizer_argument(program, "params")
