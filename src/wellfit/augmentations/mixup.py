"""Examples mixed two by two, and their losses with them."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.augment import Batch, Scene


def mixup(batch: Batch, strength: float, scene: Scene, draw: torch.Generator) -> Batch:
    """x = (1 - s) x + s x' with another example x' of the batch, its answer counting for s of the loss; s is drawn from
    Beta(strength, strength), one a batch (Zhang et al. 2018, arXiv:1710.09412, as in its authors' program).

    strength: alpha of the Beta distribution, from 0 to 2; 0.2 is usual. Refused where cells are asked for.
    """
    device = batch.x.device
    # a Beta draw as a ratio of two gamma draws, of torch's own generator: no other takes one
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**31, (1,), generator=draw, device=device)))
        share = float(torch.distributions.Beta(strength, strength).sample())
    share = min(share, 1 - share)  # the same pairs the other way round
    order = torch.randperm(len(batch.x), generator=draw, device=device)
    return replace(batch, x=torch.lerp(batch.x, batch.x[order], share), order=order, share=share)


def refused(strength: float, scene: Scene) -> str:
    """Why examples may not be mixed."""
    if scene.cells:
        return "the answers of two masks or fields cannot be told apart in their mixture"
    return "" if not isinstance(strength, str | bool) and 0 < strength <= 2 else "no alpha from 0 to 2"
