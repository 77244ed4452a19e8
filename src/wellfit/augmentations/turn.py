"""Pictures and fields laid down anew: mirrored and turned by quarters, as one finds them under a microscope or from above."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from wellfit.nouns.augment import Batch, Scene, wrong_shape


def turn(batch: Batch, strength: str, scene: Scene, draw: torch.Generator) -> Batch:
    """Each example in one of the 8 ways to lay a square down, or of the 4 that keep a rectangle's sides, all as likely;
    masks and fields that are asked for turn with it.

    strength: all. Refused where classes have a side, and where a vector's components are among the channels, or a
    direction is asked for.
    """
    square = batch.x.shape[-1] == batch.x.shape[-2]
    most, quarters = (8, 1) if square else (4, 2)
    ways = torch.randint(most, (len(batch.x),), generator=draw, device=batch.x.device).tolist()
    lay = lambda values: torch.stack([_laid(one, way, quarters) for one, way in zip(values, ways)])
    return replace(batch, x=lay(batch.x), y=lay(batch.y) if scene.cells else batch.y)


def _laid(values: Tensor, way: int, quarters: int) -> Tensor:
    """[..., H, W] mirrored where `way` is odd, then turned `way` // 2 times by so many quarters."""
    values = values.flip(-1) if way % 2 else values
    return values.rot90(way // 2 * quarters, (-2, -1)) if way > 1 else values


def refused(strength: str, scene: Scene) -> str:
    """Why pictures may not be laid down in all ways."""
    if strength != "all":
        return "no way to turn; known is all"
    if why := wrong_shape(scene, 2, "pictures [C, H, W]"):
        return why
    odd = [scene.names[i] for axis in (-1, -2) for i in scene.odd(axis)]
    odd += [scene.target_names[i] for axis in (-1, -2) for i in scene.odd(axis, targets=True)]
    if odd:
        return f"{odd[0]} is a vector's component, which turns into another one"
    return next((why for axis in (-1, -2) if (why := scene.side(axis))), "")
