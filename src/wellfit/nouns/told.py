"""Told: numbers of the inputs that tell the target of the rows trained on, and not of those evaluated."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns.fed import evaluated, trained
from wellfit.nouns.program import Program
from wellfit.nouns.units import percent

SURER, ROWS = 0.15, 100
"""Variance of the target that one column explains in training above what it explains in evaluation, and the least rows of
each: over 100 rows chance explains 0.01 of it."""


def told_apart(program: Program) -> str | None:
    """A number of the inputs that tells the target of the rows trained on, and far less of that of the rows evaluated."""
    pairs = [(g.inputs, g.targets) for g in trained(program) if g.targets is not None]
    ends = [(h.inputs, h.targets) for h in evaluated(program) if h.targets is not None]
    shares = [_shares(pairs), _shares(ends)]
    if shares[0] is None or shares[1] is None or shares[0].shape != shares[1].shape:
        return None
    apart = shares[0] - shares[1]
    at = int(apart.argmax())
    own, held = float(shares[0][at]), float(shares[1][at])
    if own - held < SURER or held > own / 2:
        return None
    return f"number {at} of the inputs explains {percent(own, 0)} of the target's variance in training, {percent(held, 0)} "\
           "in evaluation"  # fmt: skip


def _shares(pairs: list[tuple[Tensor, Tensor]]) -> Tensor | None:
    """Share of the target's variance that each column explains alone, [D]; None for too few rows or other shapes."""
    like = [(x.double(), y.double().flatten()) for x, y in pairs if x.ndim == 2 and y.numel() == len(x)]
    like = [(x, y) for x, y in like if x.shape[1:] == like[0][0].shape[1:]]
    if sum(len(x) for x, _ in like) < ROWS:
        return None
    x, y = torch.cat([x for x, _ in like]), torch.cat([y for _, y in like])
    x, y = x - x.mean(0), y - y.mean()
    return (x * y[:, None]).mean(0).square() / (x.square().mean(0) * y.square().mean()).clamp_min(1e-12)
