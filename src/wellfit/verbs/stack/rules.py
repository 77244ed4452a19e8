"""Rules by which stacked weights move: those of the shelf `optimizers`, each network with its own rate, momentum and l2.

Shapes: K networks, P weights and biases, of which the first W are weights, which alone l2 pulls at.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.optim.adam import adam as kernel

BETA2, EPS = 0.999, 1e-8
MOST_CALLS, SMALL = 4, 8192
"""Calls of the kernel a step, and weights and biases of a network, beyond which a call each costs more than it saves."""
KEPT = {"adam": 3, "adamw": 3, "momentum": 1, "nesterov": 1}
"""Tensors of the size of all weights that a rule works with."""


class Mover:
    """Moves flat [K, P] by its gradients. momentum, l2 [K]: each network's own; state: what the rule keeps, [K, P] each."""

    def __init__(self, word: str, flat: Tensor, n_weights: int, momentum: Tensor, l2: Tensor):
        self.rule, self.n_weights, self.steps = RULES[word], n_weights, 0
        self.momentum, self.l2, self.decayed = momentum[:, None], l2[:, None], bool((l2 > 0).any())
        self.state = [torch.zeros_like(flat) for _ in range(KEPT.get(word, 0))]
        self._group()

    def _group(self) -> None:
        """The networks by momentum: (momentum, their rows of each state)."""
        values = self.momentum[:, 0].tolist()
        self.alike = [(v, [k for k, own in enumerate(values) if own == v]) for v in dict.fromkeys(values)]
        self.parts = [[[s[k] for k in rows] for s in self.state] for _, rows in self.alike]

    def keep(self, rows: Tensor) -> None:
        """Only these networks stay."""
        self.state = [s[rows].contiguous() for s in self.state]
        self.momentum, self.l2 = self.momentum[rows], self.l2[rows]
        self._group()

    def step(self, flat: Tensor, grad: Tensor, lr: Tensor) -> None:
        """lr [K]: the rates of this step."""
        self.steps += 1
        self.rule(self, flat, grad, lr[:, None])

    def pull(self, flat: Tensor, grad: Tensor) -> None:
        """The penalty l2/2 |w|² in the gradient."""
        if self.decayed:
            grad[:, : self.n_weights].addcmul_(flat[:, : self.n_weights], self.l2)


def sgd(m: Mover, flat: Tensor, grad: Tensor, lr: Tensor) -> None:
    """w <- w - lr g."""
    m.pull(flat, grad)
    flat.addcmul_(grad, -lr)


def momentum(m: Mover, flat: Tensor, grad: Tensor, lr: Tensor) -> None:
    """v <- momentum v + g; w <- w - lr v."""
    m.pull(flat, grad)
    flat.addcmul_(m.state[0].mul_(m.momentum).add_(grad), -lr)


def nesterov(m: Mover, flat: Tensor, grad: Tensor, lr: Tensor) -> None:
    """v <- momentum v + g; w <- w - lr (g + momentum v)."""
    m.pull(flat, grad)
    v = m.state[0].mul_(m.momentum).add_(grad)
    flat.addcmul_(torch.addcmul(grad, v, m.momentum), -lr)


def adam(m: Mover, flat: Tensor, grad: Tensor, lr: Tensor) -> None:
    """As the shelf's adam."""
    m.pull(flat, grad)
    _adam(m, flat, grad, lr)


def adamw(m: Mover, flat: Tensor, grad: Tensor, lr: Tensor) -> None:
    """As the shelf's adamw: weights decay by themselves."""
    if m.decayed:
        flat[:, : m.n_weights].mul_(1 - lr * m.l2)
    _adam(m, flat, grad, lr)


def _adam(m: Mover, flat: Tensor, grad: Tensor, lr: Tensor) -> None:
    """By torch's own kernel, which makes one pass over everything. It takes one rate for all, so it is given 1 and moves
    zeros, which are then added at each network's rate; and one momentum, so networks with another have a call of theirs,
    unless they are many and small."""
    if len(m.alike) > MOST_CALLS and flat.shape[1] < SMALL:
        return _by_hand(m, flat, grad, lr)
    for (decay, rows), parts in zip(m.alike, m.parts):
        whole = len(m.alike) == 1
        moved, first, second = [[s] for s in m.state] if whole else parts
        grads = [grad] if whole else [grad[k] for k in rows]
        steps = [torch.tensor(float(m.steps - 1)) for _ in grads]
        kernel(moved, grads, first, second, [], steps, fused=True, amsgrad=False, beta1=decay, beta2=BETA2, lr=1.0,
               weight_decay=0.0, eps=EPS, maximize=False)  # fmt: skip
    flat.addcmul_(m.state[0], lr)
    m.state[0].zero_()


def _by_hand(m: Mover, flat: Tensor, grad: Tensor, lr: Tensor) -> None:
    """The same, one operation after the other over the whole stack."""
    _, first, second = m.state
    first.lerp_(grad, 1 - m.momentum)
    second.mul_(BETA2).addcmul_(grad, grad, value=1 - BETA2)
    below = second.sqrt().div_(math.sqrt(1 - BETA2**m.steps)).add_(EPS)
    flat.sub_(first.div(below).mul_(lr / (1 - m.momentum**m.steps)))


RULES: dict[str, Callable[[Mover, Tensor, Tensor, Tensor], None]] = {
    "adamw": adamw, "adam": adam, "sgd": sgd, "momentum": momentum, "nesterov": nesterov,
}  # fmt: skip
