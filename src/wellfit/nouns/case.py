"""Case: a network and the data, loss and choices it is trained with, before or between trainings.

Checks look at it; remedies change copies of it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from wellfit.nouns.carried import Carried
from wellfit.nouns.data import Data
from wellfit.nouns.recipe import Recipe


@dataclass(frozen=True)
class Case:
    """recipe: complete; data: prepared; network: on `device`; loss: (outputs [B, ...], targets [B, ...]) -> scalar;
    carried: what became of each parameter, where the network began with the weights of an earlier training;
    shares: where each rank's share of the network lies while it trains, where the recipe shares it out
    (nouns/shards.py): `device` is the host then."""

    recipe: Recipe
    data: Data
    network: nn.Module
    loss: Callable[[Tensor, Tensor], Tensor]
    device: torch.device
    carried: tuple[Carried, ...] = ()
    shares: torch.device | None = None

    def copy(self) -> Case:
        """The same case with a network of its own, so that a trial leaves this one untouched."""
        return replace(self, network=copy.deepcopy(self.network))
