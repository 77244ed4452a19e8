"""Aim: the one number of each example's output that is explained: a class, a value, or their mean over some cells."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Aim:
    """index int64 [B]: which class, label or target of each example; cells [B, *cells]: what each cell counts, None for
    all alike where outputs have cells; share: take softmax over the classes first (for curves that a person reads).
    Called with outputs [B, C, *cells], it gives [B]."""

    index: Tensor
    cells: Tensor | None = None
    share: bool = False

    def __call__(self, outputs: Tensor) -> Tensor:
        if outputs.ndim == 1:
            outputs = outputs[:, None]
        if self.share:
            outputs = outputs.softmax(1)
        chosen = outputs[torch.arange(len(outputs), device=outputs.device), self.index.to(outputs.device)]
        if chosen.ndim == 1:
            return chosen
        if self.cells is None:
            return chosen.flatten(1).mean(1)
        weight = self.cells.to(chosen)
        return (chosen * weight).flatten(1).sum(1) / weight.flatten(1).sum(1).clamp_min(1e-12)

    def of(self, rows: slice | Tensor) -> Aim:
        """The aim of some of the examples."""
        return Aim(self.index[rows], None if self.cells is None else self.cells[rows], self.share)
