"""Carried: what became of one parameter of a network that begins with the weights of an earlier training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

from torch import Tensor

from wellfit.nouns.preparation import Preparation

What = Literal["taken", "adapted", "new", "left"]


@dataclass(frozen=True)
class Carried:
    """name: of the parameter here; shape; was: its shape in the earlier network, () where it had none;
    what: taken over as it was, adapted to other channels, new, or left behind in the earlier network (its shape here
    is ()); why: in words; frozen: does it stay as it is."""

    name: str
    shape: tuple[int, ...]
    was: tuple[int, ...]
    what: What
    why: str = ""
    frozen: bool = False

    @property
    def layer(self) -> str:
        """Name of the layer that holds it."""
        return self.name.rpartition(".")[0] or "network"


def in_runs(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows (fields of Carried) one after the other with one fate, as one: {"layers": "conv1 ... norm2", "tensors",
    "weights": numbers in them, "what", "why", "frozen"}."""
    found: list[dict[str, Any]] = []
    for key, some in groupby(rows, key=lambda r: (r["what"], r["why"], r["frozen"])):
        held = list(some)
        names = list(dict.fromkeys(r["name"].rpartition(".")[0] or r["name"] for r in held))
        layers = ", ".join(names) if len(names) < 4 else f"{names[0]} ... {names[-1]}"
        size = sum(math.prod(r["was"] if r["what"] == "left" else r["shape"]) for r in held)
        fate = dict(zip(("what", "why", "frozen"), key))
        found.append({"layers": layers, "tensors": len(held), "weights": size, **fate})
    return found


@dataclass(frozen=True)
class Begun:
    """What a network began with: what became of each parameter, its weights before the first step, and the preparation
    of the earlier data, where known; all empty where it began afresh."""

    carried: tuple[Carried, ...] = ()
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    preparation: Preparation | None = None
