"""Moments: how large weights, gradients and updates are around a step."""

from __future__ import annotations

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
        self._before = {id(w): w.detach().clone() for w in weights[:MOST]}
        for w in weights[:MOST]:
            name = p.parameter_names.get(id(w), f"parameter {len(self.now.weight)}")
            self.now.weight[name] = float(w.detach().norm())
            if w.grad is not None:
                self.now.grad[name] = float(w.grad.norm())

    def after(self, seen: OptimizerSeen) -> None:
        """How far they went."""
        moment, self.now = self.now, None
        try:
            for group in seen.optimizer.param_groups:
                for w in group["params"]:
                    old = self._before.get(id(w))
                    if old is not None and moment is not None:
                        name = self.program.parameter_names.get(id(w), f"parameter {len(moment.update)}")
                        moment.update[name] = float((w.detach() - old).norm()) / max(float(old.norm()), 1e-12)
            if moment is not None:
                self.program.moments.append(moment)
        finally:
            self._before = {}
