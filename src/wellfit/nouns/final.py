"""Final: what the network, as the program left it, answers to data that it was fed."""

from __future__ import annotations

import contextlib

import torch
from torch import Tensor

from wellfit.nouns.control import kind, labels
from wellfit.nouns.program import Program


def answers(program: Program, inputs: list[Tensor]) -> Tensor | None:
    """Outputs [N, ...] of the main network in evaluation mode, as it ended; None where it takes more than one tensor or
    fails."""
    loss = program.loss
    calls = [n for n in loss.tape.passes() if n.grad] if loss else []
    if len(calls) != 1 or calls[0].module is None or len(calls[0].ins) != 1 or calls[0].kwargs:
        return None
    network = calls[0].module
    modes = [(m, m.training) for m in network.modules()]
    found = []
    try:
        with torch.no_grad(), contextlib.suppress(Exception), torch.random.fork_rng():
            network.eval()
            found = [network(x) for x in inputs]
    finally:
        for m, mode in modes:
            m.training = mode
    same = len(found) == len(inputs) and all(isinstance(f, Tensor) and f.ndim for f in found)
    return torch.cat(found) if found and same else None


def reached(answer: Tensor | None, y: Tensor) -> float | None:
    """Skill of these answers on these targets (1 perfect, 0 a constant answer), None where they cannot be compared."""
    what = kind(y)
    if answer is None or not what or not bool(answer.isfinite().all()):
        return None if answer is None or not what else -1.0
    answer = answer.double()
    if what == "values":
        if answer.numel() != y.numel():
            return None
        a, t = answer.reshape(len(y), -1), y.double().reshape(len(y), -1)
        return float((1 - ((a - t) ** 2).mean(0) / t.var(0, correction=0).clamp_min(1e-30)).clamp_min(-1).mean())
    t = labels(y)
    most = torch.bincount(t.clamp_min(0)).max() / len(t)
    if answer.ndim == 2 and answer.shape[1] > 1:
        shares = [(answer.argmax(1) == t).double().mean()]
    elif answer.numel() == len(t):
        shares = [((answer.flatten() > cut).long() == t).double().mean() for cut in (0.0, 0.5)]
    else:
        return None
    return float((max(shares) - most) / (1 - most).clamp_min(0.05))
