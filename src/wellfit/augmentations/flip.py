"""Pictures and fields turned over: sideways, upright (head to foot), or both."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from wellfit.nouns.augment import Batch, Scene, wrong_shape

AXES = {"sideways": (-1,), "upright": (-2,), "both": (-1, -2)}


def flip(batch: Batch, strength: str, scene: Scene, draw: torch.Generator) -> Batch:
    """Each example turned over along the axis or not, evenly; masks and fields that are asked for turn with it, and a
    vector's component along the axis changes its sign (u sideways, v upright).

    strength: sideways, upright, both. Refused where classes have a side (digits; see `nouns/turning.py`), or where one
    number is asked for that turns with the picture (a direction).
    """
    x, y = batch.x, batch.y
    for axis in AXES[strength]:
        over = torch.rand(len(x), generator=draw, device=x.device) < 0.5
        x = _turned(x, over, axis, scene.odd(axis), scene.zero)
        if scene.cells:
            odd = scene.odd(axis, targets=True) if y.is_floating_point() else []
            y = _turned(y, over, axis, odd, scene.target_zero)
    return replace(batch, x=x, y=y)


def _turned(values: Tensor, over: Tensor, axis: int, odd: list[int], zero: Tensor | None) -> Tensor:
    """Examples [B, ...] turned over where `over`; of components, what is as far on the other side of 0."""
    other = values.flip(axis)
    if odd and zero is not None:
        other[:, odd] = 2 * zero.to(values)[odd] - other[:, odd]
    return torch.where(over.view(-1, *[1] * (values.ndim - 1)), other, values)


def refused(strength: str, scene: Scene) -> str:
    """Why pictures may not be turned over so."""
    if strength not in AXES:
        return f"no way to turn over; known are {', '.join(AXES)}"
    if why := wrong_shape(scene, 2, "pictures [C, H, W]"):
        return why
    for axis in AXES[strength]:
        if why := scene.side(axis):
            return why
        if (scene.odd(axis) and scene.zero is None) or (scene.odd(axis, targets=True) and scene.target_zero is None):
            return "a vector's component cannot change its sign under this scaling"
    return ""
