"""This optimizer, or its settings, cannot train this network."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import nn

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.misplaced import swapped
from wellfit.nouns.pace import Pace, beyond_usual
from wellfit.nouns.program import OptimizerSeen, Program
from wellfit.nouns.units import figure, percent

ADAPTIVE_SLOW = ("Adadelta", "Adagrad", "ASGD")
"""Optimizers whose documentation's rate is far from Adam's 0.001."""
HARD = (nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention, nn.Conv2d, nn.Conv1d, nn.Embedding)
"""Layers that plain descent without momentum trains slowly."""
DAMPED = 0.5
"""Dampening (0 by default) from which it is taken for a momentum in its place."""
SLOW = 8e-4
BURST = 10.0
"""Times its first value that a loss comes to where a step went wrong."""
OFTEN = 20
"""Times that an optimizer of the same parameters is made, for a single step each."""


def optimizer_unsuitable(program: Program) -> Finding | None:
    """Sees: an optimizer made anew for each step; settings no paper uses (momentum near 1, betas or epsilon far off),
    Rprop or LBFGS without a line search on minibatches, Adadelta or Adagrad at Adam's rate, or plain descent at a usual
    rate that hardly moves a recurrent, attention or convolutional network.
    Hurts: the loss stays where it was, or swings.
    Mistaken for: lr-too-low, of which it is often the other name; settled by a trial with Adam or with usual settings.
    Remedy: Adam at 0.001, or the documentation's settings.
    Source: documentation of each optimizer; Riedmiller & Braun 1993 (Rprop follows the gradient of the whole set);
    Bollapragada et al. 2018, A progressive batching L-BFGS method (its curvature pairs need one and the same function);
    Reddi et al. 2018, On the convergence of Adam (its betas);
    Zhang et al. 2020, Why are adaptive methods good for attention models?"""
    main, pace = program.main, Pace(program)
    if main is None or not main.groups:
        return None
    said = again = _made_anew(program, main)
    if len(pace.losses) >= 5:
        said = said or _settings(main) or _kind(program, main, pace)
    if said is None:
        return None
    why, sure, argument = said
    site = optimizer_argument(program, *argument)
    return Finding(
        "optimizer-unsuitable", "error" if again or _of_all_data(main, pace, argument) else "warning",
        f"{main.kind} as it is set cannot train this network{swapped(program, *argument)}", why,
        "Adam at 0.001, or the documentation's settings", sure, main.first,
        site.file if site else None, site.line if site else None, source=f"documentation of {main.kind}",
    )  # fmt: skip


def _of_all_data(main: OptimizerSeen, pace: Pace, argument: tuple[str, ...]) -> bool:
    """Is it one for the whole set at once, whose minibatches undid it: a fact of the run?"""
    burst = not pace.finite or max(pace.losses, default=0.0) > BURST * abs(pace.start) or pace.fallen < 0
    if argument == ("dampening",):
        return True  # nobody sets it that high on purpose
    if argument == ("betas",) and main.groups[0]["betas"][0] > main.groups[0]["betas"][1]:
        return True  # each in the other's place: Adam needs the first below the root of the second
    return not argument and (main.kind == "Rprop" or (main.kind == "LBFGS" and burst))


def _made_anew(program: Program, main: OptimizerSeen) -> tuple[str, float, tuple[str, ...]] | None:
    """An optimizer with a memory that is made again for every step, over the same parameters."""
    same = [o for o in program.optimizers if o.site == main.site and o.held == main.held]
    forgets = main.kind != "SGD" or float(main.groups[0].get("momentum") or 0) > 0
    if len(same) < OFTEN or max(o.steps for o in same) > 1 or not forgets:
        return None
    return (
        f"{main.kind} is made {len(same)} times and steps once each time: what it remembers never builds up",
        0.93,
        (),
    )


def _settings(main: OptimizerSeen) -> tuple[str, float, tuple[str, ...]] | None:
    """Settings that nobody uses."""
    group = main.groups[0]
    momentum, eps, betas = float(group.get("momentum") or 0), float(group.get("eps") or 0), group.get("betas")
    if momentum > 0.985:
        steps = figure(1 / max(1 - momentum, 1e-9))
        return f"momentum {figure(momentum, 4)}: each step goes on for {steps} steps", 0.9, ("momentum",)
    if betas and main.kind != "Rprop" and not (betas[0] <= 0.98 and 0.8 <= betas[1] < 0.99999):
        return f"betas {tuple(betas)}, usually (0.9, 0.999)", 0.9, ("betas",)
    if eps > 1e-2 and main.kind not in ("Adafactor",):
        return f"epsilon {figure(eps)}, usually 1e-8", 0.85, ("eps",)
    dampening = float(group.get("dampening") or 0)
    if dampening >= DAMPED:
        return f"momentum {figure(momentum)}, dampening {figure(dampening)}: in SGD(params, lr, momentum, dampening, " \
               f"weight_decay) these are other arguments than they seem; a step is {percent(1 - dampening, 0)} of what " \
               "the rate says", 0.96, ("dampening",)  # fmt: skip
    if group.get("maximize"):
        return "it climbs: maximize=True", 0.9, ("maximize",)
    return None


def _kind(program: Program, main: OptimizerSeen, pace: Pace) -> tuple[str, float, tuple[str, ...]] | None:
    """An optimizer that does not suit."""
    slow = math.isfinite(pace.update) and 1e-9 < pace.update < SLOW and pace.first_update < 8 * SLOW
    moved = f"a step moves the weights by {figure(pace.update, 2)} of their norm, the loss went from "
    moved += f"{figure(pace.start)} to {figure(pace.end)}"
    if main.kind == "Rprop" and pace.epoch != 1 and _other_each_time(program):
        return "Rprop goes by the sign of the gradient of all data, and is given minibatches", 0.85, ()
    bare = main.kind == "LBFGS" and not main.groups[0].get("line_search_fn")
    if bare and pace.epoch != 1 and _other_each_time(program):
        went = f"; the loss went from {figure(pace.start)} to {figure(pace.end)}" if math.isfinite(pace.end) else ""
        return f"LBFGS learns the curvature of one function, and is given another minibatch in each step{went}", 0.9, ()
    if main.kind in ADAPTIVE_SLOW and beyond_usual(main) < 0 and slow:
        return f"{main.kind} at {figure(main.lr)}: {moved}", 0.95, ()
    plain = main.kind == "SGD" and beyond_usual(main) > -0.3
    hard = any(isinstance(m, HARD) for n in program.networks for m in n.module.modules())
    if plain and hard and slow and pace.fallen < 0.4:
        return f"plain descent at {figure(main.lr)}: {moved}", 0.7, ()
    return None


def _other_each_time(program: Program) -> bool:
    """Is the network shown other examples in every step?"""
    steps = list({id(s.tape): s for s in program.losses}.values())
    fed = [x for s in steps[:4] if s.inputs and (x := s.tape.leaves.get(s.inputs[0])) is not None]
    return len(fed) > 1 and all(a.shape != b.shape or not torch.equal(a, b) for a, b in pairwise(fed))
