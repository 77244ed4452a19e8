"""Graph: what a loss reaches, and whether there is a gradient."""

from __future__ import annotations

import torch
from torch import Tensor


def some(grad: Tensor | None) -> bool:
    """Is there a gradient that is not zero?"""
    if grad is not None and grad.layout != torch.strided:  # of an embedding with sparse=True
        grad = grad.coalesce().values()
    return grad is not None and bool((grad != 0).any())


def reached(loss: Tensor) -> set[int]:
    """Ids of the leaf tensors that a gradient of this loss would reach."""
    found: set[int] = set()
    seen, stack = set(), [loss.grad_fn]
    if loss.is_leaf and loss.requires_grad:
        found.add(id(loss))
    while stack:
        fn = stack.pop()
        if fn is None or fn in seen:
            continue
        seen.add(fn)
        variable = getattr(fn, "variable", None)
        if variable is not None:
            found.add(id(variable))
        stack += [f for f, _ in fn.next_functions]
    return found
