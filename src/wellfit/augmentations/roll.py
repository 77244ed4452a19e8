"""Fields around the globe, turned about its axis."""

from __future__ import annotations

import torch
from torch import Tensor

from wellfit.nouns.augment import Batch, Scene, moved, wrong_shape


def roll(batch: Batch, strength: bool, scene: Scene, draw: torch.Generator) -> Batch:
    """Each field [C, latitude, longitude] turned by a number of longitudes drawn evenly, what leaves at one edge coming
    in at the other; fields that are asked for turn with it.

    strength: true. For fields that close on themselves: nothing in them may say which longitude is which. Refused for
    pictures of files, which have edges, and where one number of a place on the globe is asked for.
    """
    b, steps = len(batch.x), batch.x.shape[-1]
    by = torch.randint(steps, (b, 1), generator=draw, device=batch.x.device)
    place = (torch.arange(steps, device=batch.x.device) - by) % steps  # [B, W]

    def move(values: Tensor) -> Tensor:
        index = place.view(b, *[1] * (values.ndim - 2), steps).expand(values.shape)
        return values.gather(-1, index)

    return moved(batch, scene, move)


def refused(strength: bool, scene: Scene) -> str:
    """Why these may not be turned about the globe."""
    if why := wrong_shape(scene, 2, "fields [C, latitude, longitude]"):
        return why
    if strength is not True:
        return "no true or false"
    if scene.kind == "pictures":
        return "pictures have edges, and do not close on themselves"
    if any("longitude" in n.lower() or n.lower() == "lon" for n in scene.names):
        return "a channel says which longitude is which"
    return "" if scene.cells else "what is asked for is no field, and may hang on where things are"
