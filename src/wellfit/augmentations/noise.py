"""Inputs with noise of their own at every step."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.augment import Batch, Scene


def noise(batch: Batch, strength: float, scene: Scene, draw: torch.Generator) -> Batch:
    """Normal noise of standard deviation `strength` added to every input; for a linear network with squared error the
    same as an L2 penalty (Bishop 1995, Neural Computation 7, 108).

    strength: standard deviation, in units of the scaled inputs (1 is a training row's own spread), from 0 to 1.
    """
    return replace(batch, x=batch.x + strength * torch.randn(batch.x.shape, generator=draw, device=batch.x.device))


def refused(strength: float, scene: Scene) -> str:
    """Why so much noise may not be added."""
    return "" if not isinstance(strength, str | bool) and 0 < strength <= 1 else "no strength from 0 to 1"
