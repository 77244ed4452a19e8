"""By hand: weights that the script moves itself, without an optimizer. Where each step is minus a rate times the gradient
(with a momentum or a decay), the training is followed by a twin: torch's SGD over the same weights with the rate that was
measured, which never steps."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.tape import Ref, Site
from wellfit.verbs.spy.graph import leaves, some
from wellfit.verbs.spy.made import Made
from wellfit.verbs.spy.moments import Moments
from wellfit.verbs.spy.recorder import Recorder, Unseen

SEEN = 3
"""Moves from which the rule is worked out."""
ALIKE = 0.02
"""Share of a move that the rule may leave unexplained: float32 rounding of small moves of large weights."""
MOST = 200_000
"""Weights that are looked at."""


class Move(NamedTuple):
    """Weights before, their gradient, and how far they went (None: not known yet), each flat."""

    weights: Tensor
    gradient: Tensor
    went: Tensor | None = None


class ByHand:
    """`begins` before each backward, `ended` after it. looked: told of a loss before its gradients are taken; before,
    after: told of the twin's steps."""

    def __init__(
        self,
        made: Made,
        recorder: Recorder,
        moments: Moments,
        looked: Callable[[Tensor], None],
        before: Any,
        after: Any,
    ) -> None:
        self.made, self.recorder, self.moments = made, recorder, moments
        self.looked, self.before, self.after = looked, before, after
        self.twin: torch.optim.Optimizer | None = None
        self.weights: list[Tensor] = []
        self.moves: list[Move] = []
        self.site: Site | None = None
        self.off = False
        self._asked: list[Tensor] | None = None  # what autograd.grad is asked for
        self._inside = False
        self._cleared = True

    @property
    def on(self) -> bool:
        """Can it be that weights are moved by hand? No, once an optimizer was made."""
        self.off = self.off or any(o.optimizer is not self.twin for o in self.made.optimizers.values())
        return not self.off

    def grad(self, original: Any, outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        """Around torch.autograd.grad: gradients of a loss by weights are a backward, too."""
        if self._inside or not self.on:  # under a function mode torch comes here a second time
            return original(outputs, inputs, *args, **kwargs)
        asked = [inputs] if isinstance(inputs, Tensor) else list(inputs)
        loss = outputs if isinstance(outputs, Tensor) else next(iter(outputs), None)
        once = not kwargs.get("create_graph") and not any(args) and not self.recorder.busy
        if not once or loss is None or loss.numel() != 1 or not all(w.is_leaf for w in asked):
            return original(outputs, inputs, *args, **kwargs)
        self._told(lambda: self.looked(loss), asked)
        self._inside = True
        try:
            given = original(outputs, inputs, *args, **kwargs)
        finally:
            self._inside = False
        self._told(lambda: self.ended(list(given)), asked)
        return given

    def _told(self, what: Callable[[], None], asked: list[Tensor]) -> None:
        self._asked = asked
        try:
            with Unseen():
                what()
        except Exception as error:  # a failure of ours is no failure of the script's
            self.recorder._failed(error)
        finally:
            self._asked = None

    def begins(self, loss: Tensor) -> None:
        """The weights have moved since the last backward, if they do."""
        if self.twin is None and not self.moves:
            self.weights = self._asked or [w for w in leaves(loss) if w.is_floating_point()]
            memo = self.made.program.memo
            for w in self.weights:  # as they were before any step
                if id(w) not in memo:
                    copy.deepcopy(w, memo)
        if self.moves and self.moves[-1].went is None:
            last = self.moves[-1]
            went = _flat(self.weights) - last.weights
            self.moves[-1] = last._replace(went=went)
            self._learn(went)
        if self.twin is not None and self.moments.now is not None:
            self.moments.after(self.made.seen(self.twin))
        if self.twin is not None:
            if self.recorder.on:
                self._cleared = not any(some(w.grad) for w in self.weights[:8])
            if self._cleared:
                self.made.event("z")

    def ended(self, gradients: list[Tensor | None] | None = None) -> None:
        """The gradients are there; a step is over, since what follows is the script's own arithmetic."""
        gradients = [w.grad for w in self.weights] if gradients is None else gradients
        if not self.weights or len(gradients) != len(self.weights):
            return
        if self.twin is None or self.recorder.on:
            grads = [torch.zeros_like(w) if g is None else g for w, g in zip(self.weights, gradients)]
            self.moves = [*self.moves[-SEEN:], Move(_flat(self.weights), _flat(grads))]
        if self.twin is None:
            return
        tape = self.recorder.tape
        tape.nodes = [n for n in tape.nodes if not _moves(n, tape)]
        self.before(self.twin, (), {})
        held, self.moments.now = self.moments.now, None  # how far the weights go is known at the next backward
        self.after(self.twin, (), {})
        self.moments.now = held

    def _learn(self, went: Tensor) -> None:
        """The rate of this step; from the first steps also the rule."""
        if not bool(went.isfinite().all()) or not float(went.norm()):
            self.moves = [] if self.twin is None else self.moves
            return
        tape = self.recorder.tape
        self.site = self.site or next((n.site for n in tape.nodes if n.site and _moves(n, tape)), None)
        if self.twin is None and len(self.moves) >= SEEN:
            rule = _rule(self.moves)
            self.off = rule is None
            if rule is not None:
                self.twin = _twin(self.weights, rule)
                seen = self.made.seen(self.twin)
                seen.site, seen.by_hand = self.site or seen.site, True
                self.recorder.begin(self.recorder.tape.index, self.recorder.examine)
        elif self.twin is not None:
            rate = _rate(self.moves[-1], self.twin.param_groups[0])
            if rate is not None:
                self.twin.param_groups[0]["lr"] = rate


def _twin(weights: list[Tensor], rule: dict[str, Any]) -> torch.optim.Optimizer:
    """SGD that never steps, without its __init__: that loads torch's compiler, 700 modules the script may never need."""
    twin = torch.optim.SGD.__new__(torch.optim.SGD)
    usual = {"dampening": 0, "nesterov": False, "foreach": None, "differentiable": False, "fused": None}
    twin.defaults = {**usual, **rule}
    twin.param_groups = [{"params": list(weights), **twin.defaults}]
    return twin


def _flat(tensors: list[Tensor]) -> Tensor:
    with torch.no_grad():
        return torch.cat([t.detach().flatten() for t in tensors])[:MOST].double()


def _rule(moves: list[Move]) -> dict[str, Any] | None:
    """Settings of SGD that make the last of these moves: -rate * (gradient + decay * weights) + momentum * last move, by
    least squares; None where they leave more than rounding."""
    last, before = moves[-1], moves[-2]
    if last.went is None or before.went is None:
        return None
    columns = torch.stack([last.gradient, before.went, last.weights], 1).numpy()
    scale = np.linalg.norm(columns, axis=0)
    scale[scale == 0] = 1
    for kept in ([0], [0, 1], [0, 2], [0, 1, 2]):  # the simplest rule that explains it
        part, went = columns[:, kept] / scale[kept], last.went.numpy()
        found = np.linalg.lstsq(part, went, rcond=None)[0]
        if np.linalg.norm(part @ found - went) <= ALIKE * np.linalg.norm(went):
            by = dict(zip(kept, found / scale[kept]))
            rate, momentum = -float(by[0]), float(by.get(1, 0.0))
            decay = -float(by.get(2, 0.0)) / rate if rate else 0.0
            if rate == 0 or not 0 <= momentum < 1 or decay < 0 or not math.isfinite(rate):
                return None
            return {"lr": abs(rate), "momentum": momentum, "weight_decay": decay, "maximize": rate < 0}
    return None


def _rate(move: Move, group: dict[str, Any]) -> float | None:
    """The rate of one step of plain descent, None where the rule has more to it or there is no gradient."""
    square = float(move.gradient @ move.gradient)
    if group["momentum"] or group["weight_decay"] or move.went is None or not square:
        return None
    rate = abs(float(move.gradient @ move.went) / square)
    return rate if math.isfinite(rate) and rate else None


def _moves(node: Any, tape: Any) -> bool:
    """Does this call write into a weight, or into what a weight's `data` or `detach()` gave?"""
    writes = (node.name.endswith("_") and not node.name.endswith("__")) or node.name.startswith("__i")
    first = node.args[0] if node.args else None
    if not writes or not isinstance(first, Ref):
        return False
    if first.n in tape.parameters:
        return True
    views = [n for n in tape.nodes if n.name in ("data", "detach") and first.n in n.outs]
    return any(set(n.ins) & set(tape.parameters) for n in views)
