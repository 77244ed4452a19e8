"""Moments: how large weights, gradients and updates are around a step."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns.program import Moment, OptimizerSeen, Program

MOST = 64
"""Moments of a program, and parameters of a moment."""


class Moments:
    """`before` a step and `after` it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.now: Moment | None = None
        self._before: dict[int, Tensor] = {}

    def before(self, weights: list[Tensor]) -> None:
        """Weights and gradients as they are, the first parameters only."""
        p = self.program
        self.now = Moment(p.steps)
        some = weights[:MOST]
        self._before = {id(w): w.detach().clone() for w in some}
        names = [p.parameter_names.get(id(w), f"parameter {n}") for n, w in enumerate(some)]
        self.now.weight = dict(zip(names, _norms(list(self._before.values()))))
        graded = [(name, w.grad) for name, w in zip(names, some) if w.grad is not None]
        self.now.grad = dict(zip([name for name, _ in graded], _norms([g for _, g in graded])))

    def after(self, seen: OptimizerSeen) -> None:
        """How far they went."""
        moment, self.now = self.now, None
        try:
            held = [w for group in seen.optimizer.param_groups for w in group["params"] if id(w) in self._before]
            if moment is not None:
                old = [self._before[id(w)] for w in held]
                far = zip(held, _norms([w.detach() - b for w, b in zip(held, old)]), _norms(old))
                for w, moved, size in far:
                    name = self.program.parameter_names.get(id(w), f"parameter {len(moment.update)}")
                    moment.update[name] = moved / max(size, 1e-12)
                self.program.moments.append(moment)
        finally:
            self._before = {}


def _norms(tensors: list[Tensor]) -> list[float]:
    """The norm of each: one call for all, and one wait for a GPU, where they are plain and of one device."""
    plain = {t.device for t in tensors if t.layout == torch.strided and not t.is_complex()}
    if len(tensors) < 2 or len(plain) > 1 or not all(t.layout == torch.strided for t in tensors):
        return [float(t.norm()) for t in tensors]
    return torch.stack([n.float() for n in torch._foreach_norm(tensors)]).tolist()
