"""The optimizer never steps, or not where it should."""

from __future__ import annotations

import torch

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import uncalled
from wellfit.nouns.program import Program
from wellfit.nouns.seldom import unreached
from wellfit.nouns.wiping import told, wasted, wiped_between


def step_missing(program: Program) -> Finding | None:
    """Sees: backward runs but no optimizer steps; or gradients are computed, cleared unused and computed again, many
    times for each step; or one of several optimizers stands still.
    Hurts: the work of all but the last batch is thrown away.
    Mistaken for: gradient accumulation, which does not clear in between; optimizers that step by a closure; programs
    that move their weights themselves.
    Remedy: `optimizer.step()` after each backward.
    Source: a fact of the run; at least half of the backward passes wasted."""
    back, by_hand = (program.sites.get("b") or [None])[0], not program.steps and _moved(program)
    back = uncalled(program, "step") or (None if program.steps else unreached(program)) or back
    if program.backwards and not program.steps and program.optimizers and not program.crash and not by_hand:
        return Finding(
            "step-missing", "error", "the optimizer never steps", f"{program.backwards} backward passes, 0 steps",
            "call optimizer.step() after backward()", 0.98, 0,
            back.file if back else None, back.line if back else None, source="seen in the run",
        )  # fmt: skip
    idle = _idle(program)
    if idle is not None:
        return idle
    if by_hand or not program.optimizers or any(o.closure for o in program.optimizers):
        return None  # weights moved by hand or by Keras; LBFGS computes the loss several times for each step
    passes, lost = told(program).count("b"), wasted(program)
    if passes < 4 or lost < 0.5 * passes or wiped_between(program) is not None:
        return None  # where gradients are to add up, it is the clearing that is wrong
    site = (program.sites.get("s") or [back])[0]
    return Finding(
        "step-missing", "error", "most gradients are computed and cleared without a step between",
        f"{lost} of {passes} backward passes were cleared unused; {program.steps} steps",
        "move optimizer.step() into the loop over batches", 0.97, 0,
        site.file if site else None, site.line if site else None, source="seen in the run",
    )  # fmt: skip


def _moved(program: Program) -> bool:
    """Did the weights change all the same, by hand?"""
    pairs = [(n.first, n.module) for n in program.networks if n.first is not None]
    return any(
        a.shape == b.shape and not torch.equal(a.to(b.device), b)
        for first, module in pairs for a, b in zip(first.parameters(), module.parameters())
    )  # fmt: skip


def _idle(program: Program) -> Finding | None:
    """An optimizer that never steps, over parameters that the loss reaches and no other optimizer holds."""
    moving = {id(p) for o in program.optimizers if o.steps for g in o.optimizer.param_groups for p in g["params"]}
    for seen in program.optimizers:
        own = {id(p) for g in seen.optimizer.param_groups for p in g["params"]}
        if seen.steps or not moving or not own & program.reached or own & moving:
            continue
        site = seen.site
        return Finding(
            "step-missing", "error", f"one of {len(program.optimizers)} optimizers never steps",
            f"{len(own & program.reached)} of its parameters are reached by the loss", "call its step() too", 0.95, 0,
            site.file if site else None, site.line if site else None, source="seen in the run",
        )  # fmt: skip
    return None
