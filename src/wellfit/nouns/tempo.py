"""Tempo: the rate and the batch size at any moment of a training of ours, and the order in which rows come."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns import shelf
from wellfit.nouns.recipe import TrainingChoices


def order_of(n_rows: int, seed: int, epoch: int) -> Tensor:
    """The order of the training rows in an epoch, int64 [n_rows]: a function of (seed, epoch) alone."""
    return torch.randperm(n_rows, generator=torch.Generator().manual_seed(seed * 1_000_003 + epoch))


class Tempo:
    """How fast: the rate and the batch size at any moment, from the schedule (arXiv:1711.00489 for the batch)."""

    def __init__(self, c: TrainingChoices, n_rows: int):
        self.epochs, self.n_rows = int(c.epochs), n_rows
        self.lr, self.batch_size, self.warmup_frac = (
            float(c.lr),
            min(int(c.batch_size), n_rows),
            c.warmup_frac,
        )
        self.by_batch, self.final_frac = c.decay_by == "batch", c.final_frac
        self._schedule = shelf.get("schedules", c.schedule)
        self._largest = max(self.batch_size, n_rows // 10)  # "batch size grows to about a tenth of the data" (ibid.)

    def factor(self, progress: float, drops: int) -> float:
        """The schedule's share of the peak, without warm-up."""
        return self._schedule(min(progress, 1.0), final_frac=self.final_frac, drops=drops)

    def batch(self, epoch: int, drops: int) -> int:
        """Examples a step in this epoch."""
        if not self.by_batch:
            return self.batch_size
        return min(round(self.batch_size / self.factor(epoch / self.epochs, drops)), self._largest)

    def rate(self, seen: int, batch: int, drops: int) -> float:
        """Step size after `seen` examples; where the batch has grown, only what it could not take over falls."""
        progress = seen / (self.epochs * self.n_rows)
        warm = min(1.0, (progress + 1e-12) / self.warmup_frac) if self.warmup_frac else 1.0
        factor = self.factor(progress, drops)
        if self.by_batch:
            factor = min(1.0, factor * batch / self.batch_size)
        return self.lr * max(warm, 0.01) * factor
