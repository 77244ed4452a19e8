"""Profiled: where the time of a training step goes, and how near the machine's own peak that is (a roofline).

Roofline: Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785: what can be reached is the peak of
arithmetic, or the peak of the memory times the operations done for each byte that is moved, whichever is less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

PARTS = ("data", "forward", "backward", "optimizer", "watching")


@dataclass(frozen=True)
class Profiled:
    """seconds: of each part of a step; steps: timed; rows: of a batch; flops: of a step's products and convolutions
    (one multiplication with its addition is two); moved: bytes that its operations read and write, as if nothing stayed
    in a cache; peak_flops, peak_bytes: a second, measured here; played_s: seconds of a step that is played from a record,
    data and watching apart, as training plays those that nobody watches; where none is, why: a word of nouns/quick.py."""

    seconds: dict[str, float]
    steps: int
    rows: int
    flops: float
    moved: float
    peak_flops: float
    peak_bytes: float
    played_s: float | None = None
    why: str = ""

    @property
    def step_s(self) -> float:
        return sum(s for s in self.seconds.values() if s == s)

    @property
    def busy_s(self) -> float:
        """Seconds of what the counted operations are done in."""
        return max(1e-12, sum(self.seconds[p] for p in ("forward", "backward", "optimizer")))

    @property
    def reachable(self) -> float:
        """FLOP/s that the roofline leaves to a step with so many operations for each byte."""
        return min(self.peak_flops, self.flops / max(self.moved, 1.0) * self.peak_bytes)

    @property
    def bound(self) -> str:
        """ "arithmetic" or "memory": which of the two peaks is the lower roof."""
        return "arithmetic" if self.reachable == self.peak_flops else "memory"

    def to_dict(self) -> dict[str, Any]:
        """JSON types."""
        return asdict(self)

    @classmethod
    def of(cls, json: Mapping[str, Any]) -> Profiled:
        """The inverse."""
        return cls(**json)


class Moved(TorchDispatchMode):
    """Counts the bytes that operations read and write: `with Moved() as counted: ...; counted.bytes`. Views move none."""

    bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        if not func.is_view:
            read, made = _size(tree_leaves((args, kwargs))), _size(tree_leaves(found))
            self.bytes += read + (made or (read if func._schema.is_mutable else 0))
        return found


def _size(leaves: Iterable[Any]) -> int:
    return sum(t.numel() * t.element_size() for t in leaves if isinstance(t, torch.Tensor))
