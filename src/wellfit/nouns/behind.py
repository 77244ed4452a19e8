"""Behind: a network that leaves much of its own training rows, which kernel regression learns from others like them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from wellfit.nouns import control, final
from wellfit.nouns.fed import trained
from wellfit.nouns.program import Program

LEARNT, FAR = 0.6, 0.35
"""Skill of kernel regression on rows it was not fitted to, and by how much the network stays below on rows it was."""
MOST = 40
STRAIGHT = 1e-4
"""Distance of the answer to a middle from the middle of the answers, over their spread, of a network that is affine."""


class Behind(NamedTuple):
    """have: skill of the network, as it ended, on rows it was trained on (1 perfect, 0 a constant); can: of kernel
    regression on rows held out of these; line: of the best affine map of the inputs on the same; network: the user's; affine:
    is it nothing but such a map?"""

    have: float
    can: float
    line: float
    network: nn.Module
    affine: bool


def behind(program: Program) -> Behind | None:
    """None where the network keeps up, or where that cannot be asked."""
    batches = [g for g in trained(program) if g.targets is not None and g.inputs.is_floating_point()][:MOST]
    calls = [n for n in program.loss.tape.passes() if n.grad] if program.loss else []
    if not batches or len(calls) != 1 or calls[0].module is None:
        return None
    sizes = lambda g: (g.inputs.shape[1:], None if g.targets is None else (g.targets.shape[1:], g.targets.dtype))
    like = sizes(batches[0])
    batches = [g for g in batches if sizes(g) == like and bool(g.inputs.isfinite().all())]
    if not batches:
        return None
    x, y = torch.cat([g.inputs for g in batches]), torch.cat([g.targets for g in batches if g.targets is not None])
    if x.ndim < 2 or not control.kind(y):
        return None
    have = final.reached(final.answers(program, [g.inputs for g in batches]), y)
    if have is None or have > 1 - FAR:
        return None
    can = control.split(x, y)
    if can is None or can < LEARNT or can - max(have, 0.0) < FAR:
        return None
    return Behind(have, can, _line(x, y), calls[0].module, _affine(program, x))


def _affine(program: Program, x: Tensor) -> bool:
    half = min(len(x) // 2, 64)
    a, b = x[:half], x[half : 2 * half]
    if half < 2:
        return False
    answers = [final.answers(program, [t]) for t in (a, b, (a + b) / 2)]
    if any(t is None or not bool(t.isfinite().all()) for t in answers):
        return False
    one, two, middle = (t.double() for t in answers if t is not None)
    spread = float(torch.cat([one, two]).std())
    return spread > 0 and float((middle - (one + two) / 2).abs().max()) <= STRAIGHT * spread


def _line(x: Tensor, y: Tensor) -> float:
    """Skill of ridge regression on a third of the rows, fitted to the others."""
    flat = x[: 2 * control.MOST].flatten(1).double()
    flat = (flat - flat.mean(0)) / flat.std(0).clamp_min(1e-12)
    flat = torch.cat([flat, torch.ones(len(flat), 1, dtype=flat.dtype)], 1)
    y = y[: len(flat)]
    classes = control.kind(y) == "classes"
    truth = torch.unique(control.labels(y), return_inverse=True)[1] if classes else y.double().reshape(len(y), -1)
    goal = torch.nn.functional.one_hot(truth).double() if classes else truth
    n = len(flat) * 2 // 3
    a, b = flat[:n], flat[n:]
    weights = torch.linalg.solve(a.T @ a + 0.01 * n * torch.eye(a.shape[1], dtype=a.dtype), a.T @ goal[:n])
    return final.reached(b @ weights, truth[n:] if classes else goal[n:]) or 0.0
