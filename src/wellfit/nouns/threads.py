"""Threads: how many CPU threads torch shares its work among, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
