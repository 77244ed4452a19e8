"""Feed: rows that lie in a file brought to training in an order that mixes them, read ahead by a thread.

The order is CorgiPile's (Xu et al., SIGMOD 2022, arXiv:2206.05830, section 4): the blocks of the file are shuffled,
and the rows of several blocks at a time are shuffled among each other. Its theorem 1 gives the rate of SGD with a full
shuffle but for a term that falls with the number of blocks in a pool; `mixing` measures how far an order mixes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from queue import Empty, Full, Queue
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading, Track
from wellfit.nouns.scratch import Scratch

T = TypeVar("T")
WAIT = "data_wait_frac"
"""The reading, one an epoch, that says which share of its time training waited for rows."""
NOTABLE = 0.05  # share of the time from which waiting is worth a finding: a judgement
POOL_BLOCKS = 32
"""Blocks shuffled among each other: with 32, mixing is above 0.9 even where the rows lie sorted (tests)."""


@dataclass(eq=False)
class Feed:
    """held: where the inputs lie; block: rows of one block; pool: blocks shuffled together; waited_s: seconds that
    training has waited for rows."""

    held: Scratch
    block: int
    pool: int = POOL_BLOCKS
    waited_s: float = field(default=0.0)

    def taken(self, epoch_s: float) -> float:
        """Share of an epoch's seconds that training has waited for rows; counted from 0 again."""
        share, self.waited_s = min(1.0, self.waited_s / max(epoch_s, 1e-9)), 0.0
        return share

    @property
    def rows(self) -> int:
        """Rows shuffled together, and read at once."""
        return self.block * self.pool

    def order(self, n: int, seed: int, epoch: int) -> Tensor:
        """The order of n rows in an epoch, int64 [n]: a function of (seed, epoch) alone."""
        return blocks_order(n, self.block, self.pool, seed, epoch)

    def ahead(
        self, chunks: Iterable[Tensor], parts: Sequence[Tensor], mine: Callable[[Tensor], Tensor] = lambda rows: rows
    ) -> Iterator[list[Tensor]]:
        """The rows of each chunk of each part, read by a thread while the chunk before is trained on; of the first part,
        which lies in the file, those that `mine` takes of a chunk."""
        return read_ahead((self._gathered(rows, mine(rows), parts) for rows in chunks), self)

    def _gathered(self, rows: Tensor, mine: Tensor, parts: Sequence[Tensor]) -> list[Tensor]:
        self.fetch(mine)
        found = [parts[0][mine], *(part[rows] for part in parts[1:])]
        self.held.release()
        return found

    def pieces(self) -> Iterator[Tensor]:
        """All rows in their order, a pool at a time."""
        for part in self.held.tensor.split(self.rows):
            yield part
            self.held.release()

    def fetch(self, rows: Tensor) -> None:
        """Ask for the blocks that these rows lie in."""
        for block in torch.unique(torch.div(rows, self.block, rounding_mode="floor")).tolist():
            self.held.fetch(block * self.block, min((block + 1) * self.block, len(self.held.tensor)))


def blocks_order(n: int, block: int, pool: int, seed: int, epoch: int) -> Tensor:
    """Rows 0..n-1, int64 [n]: blocks of `block` rows in random order, the rows of `pool` of them at a time mixed."""
    draw = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    turn = torch.randperm(-(-n // block), generator=draw)
    parts = []
    for few in turn.split(pool):
        rows = (few[:, None] * block + torch.arange(block)).flatten()
        rows = rows[rows < n]
        parts.append(rows[torch.randperm(len(rows), generator=draw)])
    return torch.cat(parts)


def mixing(order: Tensor, window: int) -> float:
    """How well an order mixes rows that lie sorted: 1 where the means of their places over windows of `window` rows
    scatter no more than in a full shuffle, 0 where they scatter as those of the sorted rows do."""
    n = len(order) // window * window
    means = order[:n].double().view(-1, window).mean(1)
    total = order.double().var(correction=0)
    chance = float(total) / window * (len(order) - window) / max(len(order) - 1, 1)  # without replacement
    return 1.0 - max(0.0, float(means.var(correction=0)) - chance) / (float(total) - chance)


def read_ahead(items: Iterable[T], feed: Feed) -> Iterator[T]:
    """The items, each made by a thread while the one before is in use; what is waited for is counted in the feed.

    An error of the thread is raised here. Leaving early ends the thread."""
    ready: Queue = Queue(maxsize=1)
    left = threading.Event()

    def put(item: tuple[str, object]) -> None:
        while not left.is_set():
            try:
                ready.put(item, timeout=0.1)
                return
            except Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put(("item", item))
                if left.is_set():
                    return
            put(("end", None))
        except BaseException as error:
            put(("error", error))

    threading.Thread(target=work, name="wellfit-read-ahead", daemon=True).start()
    try:
        while True:
            begun = time.perf_counter()
            kind, item = ready.get()
            feed.waited_s += time.perf_counter() - begun
            if kind == "end":
                return
            if kind == "error":
                raise item  # type: ignore[misc]
            yield item  # type: ignore[misc]
    finally:
        left.set()
        while True:  # what was made for nobody is let go
            try:
                ready.get_nowait()
            except Empty:
                break


def waited(track: Track | None) -> Finding | None:
    """What is to be said where training waited for its rows."""
    shares = track.values[np.isfinite(track.values)] if track is not None else np.zeros(0)
    if not len(shares) or shares.mean() < NOTABLE:
        return None
    share = float(shares.mean())
    summary = f"Training waited for its rows in {share:.0%} of its time."
    said = f"by epoch {', '.join(f'{s:.0%}' for s in shares[:8])}" + (", ..." if len(shares) > 8 else "")
    readings = (Reading(WAIT, share, 0),)
    do = "put TMPDIR on a faster disk, or allow more memory (data.memory), so that more is read at once or all is held"
    return Finding("data-waited", "info", summary, said, do, readings=readings, limit=NOTABLE, source="measured")


def block_rows(n: int, row_bytes: int, most: int) -> int:
    """Rows of a block, so that three pools (in use, ready, being read) stay within `most` bytes."""
    return int(np.clip(most // (3 * POOL_BLOCKS * row_bytes), 1, max(1, n)))
