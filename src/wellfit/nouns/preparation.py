"""Preparation: how raw examples become the network's inputs and targets, and outputs become answers again.

Learnt from the training rows alone; it travels with the model as plain JSON and tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor


@dataclass(frozen=True)
class Preparation:
    def inputs(self, raw: Any) -> Tensor:
        raise NotImplementedError

    def targets(self, raw: Any) -> Tensor:
        raise NotImplementedError

    def back(self, outputs: Tensor) -> np.ndarray:
        raise NotImplementedError
