"""Collector: Python's garbage collector, kept still where much is made and hardly anything becomes garbage.

Loading torch makes half a million objects that stay until the end. The collector walks through all of them again and
again meanwhile: 0.3 to 0.5 s of CPU time in a program that imports torch and makes an optimizer.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def still() -> Iterator[None]:
    """No collections in here; one that was off before stays off. What became garbage is collected later."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@contextmanager
def loading() -> Iterator[None]:
    """The same around imports, and what was loaded is passed over from then on (`gc.freeze`). Only for the beginning of
    a process: garbage of somebody else's would never be collected."""
    with still():
        yield
        gc.freeze()


def leaving() -> None:
    """At the end of a process: what is still there goes with it. Python would walk through all of it several times, for
    0.7 s of CPU time where torch and scikit-learn are loaded."""
    gc.freeze()
