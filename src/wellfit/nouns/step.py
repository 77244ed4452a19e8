"""Step: the one moment that our loop and a stranger's script share: gradients are there, weights have not moved yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.reading import Reading


@dataclass
class Step:
    """The moment between backward and the optimizer's step.

    index: optimizer steps taken before this one; epoch: passes over the data, as a fraction;
    inputs [B, ...], targets [B, ...], outputs [B, ...]; loss: a scalar tensor, still on its device;
    activations: layer name -> what the layer gave in this forward pass (detached);
    weights_before: parameter name -> its value one update ago (empty where unknown), so that a probe can
    measure what the last update did; prepared_s: seconds the loop spent to make this Step worth looking at;
    sites: what -> (file, line) in a stranger's script.
    """

    index: int
    epoch: float
    network: nn.Module
    optimizer: torch.optim.Optimizer
    inputs: Tensor
    targets: Tensor | None
    outputs: Tensor
    loss: Tensor
    lr: float = float("nan")
    batch_size: int = 0
    activations: Mapping[str, Tensor] = field(default_factory=dict)
    weights_before: Mapping[str, Tensor] = field(default_factory=dict)
    prepared_s: float = 0.0
    sites: Mapping[str, tuple[str, int]] = field(default_factory=dict)


@dataclass
class Rest:
    """A moment between two steps, when everything can be written down.

    readings: curves of the epoch that just ended (empty in mid-epoch); best: is this the best epoch so far;
    state: () -> all that is needed to go on bit for bit (tensors, and JSON types), taken only when asked for;
    why_stop: "" while training goes on, else why it ended ("epochs", "patience", "not finite");
    leave: was it asked to stop here, on any rank; keep: should the state be kept here: the same answer on all ranks.
    """

    index: int
    epoch: float
    network: nn.Module
    readings: tuple[Reading, ...] = ()
    best: bool = False
    state: Any = None
    why_stop: str = ""
    leave: bool = False
    keep: bool = False
