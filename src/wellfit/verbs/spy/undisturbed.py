"""Undisturbed: think in the middle of a stranger's program and leave no trace in it."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch


@contextmanager
def undisturbed() -> Iterator[None]:
    """Random states (Python's, NumPy's, torch's on every device in use), and the default dtype are, after
    this, what they were before; inside, gradients are on, autocast is off and nothing is compiled, wherever the program
    stands."""
    numpy = sys.modules.get("numpy")
    ours, theirs = random.getstate(), numpy.random.get_state() if numpy else None
    default = torch.get_default_dtype()
    with ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=_devices()))
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda") if torch.cuda.is_initialized() else ("cpu",):
            stack.enter_context(torch.autocast(kind, enabled=False))
        if "torch._dynamo" in sys.modules:  # a network of torch.compile, played as it is written
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        try:
            yield
        finally:
            random.setstate(ours)
            if numpy and theirs is not None:
                numpy.random.set_state(theirs)
            torch.set_default_dtype(default)


def _devices() -> list[int]:
    return list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
