"""Tick: do something at a certain step or time of a stranger's program, at a place where its hooks may be taken off."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from wellfit.verbs.spy.watcher import Watcher

FIRST_S, AGAIN = 30.0, 2.0
"""Seconds into the run at which it is looked at for the first time, and the factor by which that time grows."""


def after(watcher: Watcher, steps: int, act: Callable[[], None]) -> None:
    """Once `steps` optimizer steps are done, take all hooks off and call `act`. Not in the step's own hook (torch walks
    through the hooks then, and none may be removed) but where the program next calls a network or backward."""

    def ticked(*_: Any) -> None:
        done.append(None)
        if watcher.active and len(done) == steps:
            for owner, name in ((nn.Module, "__call__"), (Tensor, "backward")):
                watcher.hooks.patch(owner, name, at)

    def at(original: Any, *args: Any, **kwargs: Any) -> Any:
        name = original.__name__
        if watcher.active:
            watcher.cut()
            act()
        return getattr(Tensor if name == "backward" else nn.Module, name)(*args, **kwargs)

    done: list[None] = []
    watcher.hooks.undo.append(register_optimizer_step_post_hook(ticked).remove)


def now_and_then(watcher: Watcher, act: Callable[[], None]) -> None:
    """Call `act` after a step when the run has lasted FIRST_S, and at ever longer intervals; what it does is not
    written down. `act` must not raise."""
    begun, due = perf_counter(), [FIRST_S]

    def ticked(*_: Any) -> None:
        if perf_counter() - begun > due[0] and watcher.active:
            due[0] = AGAIN * (perf_counter() - begun)
            busy, watcher.recorder.busy = watcher.recorder.busy, True
            try:
                act()
            finally:
                watcher.recorder.busy = busy

    watcher.hooks.undo.append(register_optimizer_step_post_hook(ticked).remove)
