"""Carried: what became of one parameter of a network that begins with the weights of an earlier training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from wellfit.nouns.preparation import Preparation

What = Literal["taken", "adapted", "new"]


@dataclass(frozen=True)
class Carried:
    """name: of the parameter here; shape; was: its shape in the earlier network, () where it had none;
    what: taken over as it was, adapted to other channels, or new; why: in words; frozen: does it stay as it is."""

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


@dataclass(frozen=True)
class Begun:
    """What a network began with: what became of each parameter, its weights before the first step, and the preparation
    of the earlier data, where known; all empty where it began afresh."""

    carried: tuple[Carried, ...] = ()
    weights: Mapping[str, Tensor] = field(default_factory=dict)
    preparation: Preparation | None = None
