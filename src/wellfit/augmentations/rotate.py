"""Pictures turned by some degrees about their middle."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from wellfit.nouns.augment import Batch, Scene, wrong_shape

UPRIGHT = 45.0  # degrees beyond which what stands upright no longer does: 6 and 9 are half a turn apart


def rotate(batch: Batch, strength: float, scene: Scene, draw: torch.Generator) -> Batch:
    """Each picture turned by an angle drawn evenly from -strength to strength, between pixels by their weighted mean;
    the border is repeated. Masks and fields turn with it, by their nearest cell.

    strength: degrees. Over 45 it is refused where classes have a side, and always where a vector's components are among
    the channels, or a direction is asked for.
    """
    b = len(batch.x)
    angle = (torch.rand(b, generator=draw, device=batch.x.device) * 2 - 1) * math.radians(strength)
    h, w = batch.x.shape[-2:]
    cos, sin, none = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # in units of half a side: what is not square would be sheared without the ratio of its sides
    turn = torch.stack([cos, -sin * h / w, none, sin * w / h, cos, none], 1).view(b, 2, 3)

    def turned(values: Tensor, how: str) -> Tensor:
        flat = values.reshape(b, -1, h, w)
        grid = affine_grid(turn.to(flat.dtype), [b, 1, h, w], align_corners=False)
        return grid_sample(flat, grid, mode=how, padding_mode="border", align_corners=False).reshape(values.shape)

    y = batch.y
    if scene.cells:  # class codes are small whole numbers, which float64 holds
        y = turned(y if y.is_floating_point() else y.double(), "nearest").to(y.dtype)
    return replace(batch, x=turned(batch.x, "bilinear"), y=y)


def refused(strength: float, scene: Scene) -> str:
    """Why pictures may not be turned so far."""
    if why := wrong_shape(scene, 2, "pictures [C, H, W]"):
        return why
    if isinstance(strength, str | bool) or not 0 < strength <= 180:
        return "no angle from 0 to 180 degrees"
    odd = [scene.names[i] for axis in (-1, -2) for i in scene.odd(axis)]
    odd += [scene.target_names[i] for axis in (-1, -2) for i in scene.odd(axis, targets=True)]
    if odd:
        return f"{odd[0]} is a vector's component, which turns into another one"
    sides = [why for axis in (-1, -2) if (why := scene.side(axis))]
    turning = [why for why in sides if why.endswith("turns with the picture")]
    return (turning or (sides if strength > UPRIGHT else []) or [""])[0]
