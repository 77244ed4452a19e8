"""Threads: how many CPU threads torch shares its work among, for a while."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import torch


@contextmanager
def threads(n: int | str) -> Iterator[None]:
    """So many CPU threads for torch, and as many as before afterwards; "auto" changes nothing.

    The order in which sums are taken depends on their number, so runs repeat bit for bit only with the same one.
    """
    before = torch.get_num_threads()
    if n != "auto":
        torch.set_num_threads(int(n))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def own_cores(place: int, of: int) -> Iterator[None]:
    """All threads of this process on its part of the cores, the `place`th of `of`; as before afterwards. Nothing where
    there are fewer cores than processes or threads, or where the system knows no such thing."""
    before = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    each = len(before) // of
    if of < 2 or each < max(1, torch.get_num_threads()):
        yield
        return
    _bind(before[place * each : (place + 1) * each])
    try:
        yield
    finally:
        _bind(before)


def _bind(cores: list[int]) -> None:
    for task in os.listdir("/proc/self/task"):
        with suppress(OSError):  # a thread that has ended
            os.sched_setaffinity(int(task), cores)
