"""The optimizer's own settings put back to what its documentation has, at the same rate."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("optimizer-unsuitable",)
KEEPS = True
MOMENTUM = 0.9


def usual_settings(replay: Replay) -> Replay | None:
    """Edit: leave momentum at 0.9, betas and eps at their defaults, do not maximise."""
    main = replay.program.main
    if main is None or not main.groups:
        return None
    group, usual = main.groups[0], main.optimizer.defaults
    wrong = {}
    if float(group.get("momentum") or 0) > 0.985:
        wrong["momentum"] = MOMENTUM
    betas = group.get("betas")
    if betas and main.kind != "Rprop" and not (betas[0] <= 0.98 and 0.8 <= betas[1] < 0.99999):
        wrong["betas"] = (0.9, 0.999)
    if float(group.get("eps") or 0) > 1e-2 and "eps" in usual and main.kind != "Adafactor":
        wrong["eps"] = 1e-8
    if group.get("maximize"):
        wrong["maximize"] = False
    if not wrong:
        return None

    def make(parameters):
        optimizer = replay.optimizer(parameters)
        for held in optimizer.param_groups:
            held.update(wrong)
        return optimizer

    return replace(replay, optimizer=make, note=", ".join(f"{k} {v}" for k, v in wrong.items()))


def place(program: Program) -> Site | None:
    """Where the edit goes."""
    return optimizer_argument(program, "momentum", "betas", "eps", "maximize")
