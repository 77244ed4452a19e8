"""Pictures moved: padded at their border, and cut out again somewhere else."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns.augment import Batch, Scene, moved, wrong_shape


def crop(batch: Batch, strength: int, scene: Scene, draw: torch.Generator) -> Batch:
    """Each picture padded by `strength` pixels of its border, and one of its own size cut out at random (as usual for
    CIFAR: He et al. 2016, section 4.2, there with zeros). Masks and fields move with it.

    strength: pixels, less than half of the shorter side. Refused for other inputs than pictures.
    """
    b, (h, w) = len(batch.x), batch.x.shape[-2:]
    device, reach = batch.x.device, int(strength)
    down, right = (torch.randint(-reach, reach + 1, (b, 1), generator=draw, device=device) for _ in range(2))
    rows = (torch.arange(h, device=device) + down).clamp(0, h - 1)  # [B, H]
    columns = (torch.arange(w, device=device) + right).clamp(0, w - 1)
    example = torch.arange(b, device=device).view(b, 1, 1)

    def move(values: Tensor) -> Tensor:
        places = values.movedim((-2, -1), (1, 2))  # [B, H, W, ...]
        return places[example, rows[:, :, None], columns[:, None, :]].movedim((1, 2), (-2, -1))

    return moved(batch, scene, move)


def refused(strength: int, scene: Scene) -> str:
    """Why pictures may not be moved so far."""
    if why := wrong_shape(scene, 2, "pictures [C, H, W]"):
        return why
    if not isinstance(strength, int) or not 0 < strength < min(scene.shape_in[1:]) / 2:
        return f"no number of pixels from 1 to under half a side of {min(scene.shape_in[1:])}"
    return ""
