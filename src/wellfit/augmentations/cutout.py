"""Pictures with a square left out."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.augment import Batch, Scene, wrong_shape


def cutout(batch: Batch, strength: int, scene: Scene, draw: torch.Generator) -> Batch:
    """A square of each picture set to 0, the training rows' mean, its middle anywhere in the picture (DeVries & Taylor
    2017, arXiv:1708.04552).

    strength: side of the square in pixels, at most half of the shorter side. Refused where cells are asked for.
    """
    b, (h, w) = len(batch.x), batch.x.shape[-2:]
    device = batch.x.device
    outside = []
    for side in (h, w):
        middle = torch.randint(side, (b, 1), generator=draw, device=device)
        first = middle - strength // 2
        place = torch.arange(side, device=device)
        outside.append((place < first) | (place >= first + strength))
    keep = outside[0][:, :, None] | outside[1][:, None, :]
    return replace(batch, x=batch.x * keep[:, None])


def refused(strength: int, scene: Scene) -> str:
    """Why no square may be left out."""
    if why := wrong_shape(scene, 2, "pictures [C, H, W]"):
        return why
    if scene.cells:
        return "what is left out would still be asked for, cell by cell"
    most = min(scene.shape_in[1:]) // 2
    return "" if isinstance(strength, int) and 0 < strength <= most else f"no side from 1 to {most} pixels"
