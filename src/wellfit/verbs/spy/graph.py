"""Graph: what a loss reaches, and whether there is a gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def some(grad: Tensor | None) -> bool:
    """Is there a gradient that is not zero?"""
    if grad is not None and grad.layout != torch.strided:  # of an embedding with sparse=True
        grad = grad.coalesce().values()
    return grad is not None and bool((grad != 0).any())


def driven(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Is backward given a gradient to begin with?"""
    return any(x is not None for x in (*args[:1], kwargs.get("gradient"), kwargs.get("grad_tensors")))


def reached(loss: Tensor) -> set[int]:
    """Ids of the leaf tensors that a gradient of this loss would reach."""
    return {id(leaf) for leaf in leaves(loss)}


def leaves(loss: Tensor) -> list[Tensor]:
    """The leaf tensors that a gradient of this loss would reach, each once."""
    found: dict[int, Tensor] = {}
    seen, stack = set(), [loss.grad_fn]
    if loss.is_leaf and loss.requires_grad:
        found[id(loss)] = loss
    while stack:
        fn = stack.pop()
        if fn is None or fn in seen:
            continue
        seen.add(fn)
        variable = getattr(fn, "variable", None)
        if variable is not None:
            found[id(variable)] = variable
        stack += [f for f, _ in fn.next_functions]
    return list(found.values())
