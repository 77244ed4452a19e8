"""Awake: what of PyTorch is loaded for a training, and what can sleep on."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import _global_optimizer_post_hooks, _global_optimizer_pre_hooks

KEPT_FROM_IT = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
MARK = "__dynamo_disable"  # torch/_compile.py: how a function that is kept from the compiler looks, kept beside it


@contextmanager
def compiler_asleep() -> Iterator[None]:
    """Optimizers without PyTorch's compiler, where it is not loaded yet and stays unused.

    An optimizer keeps its methods from the compiler, and loads all of it (1.2 s of CPU, a quarter of what a small
    training takes) to say so. Here the methods themselves stand for their uncompiled selves meanwhile.
    """
    marked: list[Any] = []
    if "torch._dynamo" not in sys.modules:
        inner = [getattr(getattr(Optimizer, name, None), "__wrapped__", None) for name in KEPT_FROM_IT]
        marked = [f for f in inner if f is not None and not hasattr(f, MARK)]
    for method in marked:
        setattr(method, MARK, method)
    try:
        yield
    finally:
        for method in marked:
            if getattr(method, MARK, None) is method:
                delattr(method, MARK)


def move(optimizer: Optimizer) -> None:
    """`optimizer.step()`, without what it does for the compiler's sake, where that is asleep and nobody listens."""
    own: Any = optimizer
    hooks = (_global_optimizer_pre_hooks, _global_optimizer_post_hooks)
    hooks += (own._optimizer_step_pre_hooks, own._optimizer_step_post_hooks)
    step = inspect.unwrap(type(optimizer).step)
    if "torch._dynamo" in sys.modules or any(hooks) or not step.__module__.startswith("torch.optim."):
        optimizer.step()
    else:
        with torch.no_grad():
            step(optimizer)
