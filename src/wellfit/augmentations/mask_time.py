"""Series with a stretch left out."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.augment import Batch, Scene, wrong_shape


def mask_time(batch: Batch, strength: int, scene: Scene, draw: torch.Generator) -> Batch:
    """One stretch of each series set to 0, the training rows' mean, 0 to `strength` steps long and anywhere (time
    masking of SpecAugment, Park et al. 2019, arXiv:1904.08779, section 2).

    strength: longest stretch in steps, at most half of the series. Refused where every step is asked for.
    """
    b, steps = len(batch.x), batch.x.shape[-1]
    device = batch.x.device
    long = torch.randint(strength + 1, (b, 1), generator=draw, device=device)
    first = (torch.rand(b, 1, generator=draw, device=device) * (steps - long + 1)).long()
    place = torch.arange(steps, device=device)
    keep = (place < first) | (place >= first + long)
    return replace(batch, x=batch.x * keep[:, None])


def refused(strength: int, scene: Scene) -> str:
    """Why no stretch may be left out."""
    if why := wrong_shape(scene, 1, "series [C, L]"):
        return why
    if scene.cells:
        return "what is left out would still be asked for, step by step"
    most = scene.shape_in[-1] // 2
    return "" if isinstance(strength, int) and 0 < strength <= most else f"no length from 1 to {most} steps"
