"""Photographs in another light: brighter or darker, with more or less contrast and colour."""

from __future__ import annotations

from dataclasses import replace

import torch

from wellfit.nouns.augment import Batch, Scene, wrong_shape


def colour(batch: Batch, strength: float, scene: Scene, draw: torch.Generator) -> Batch:
    """Brightness moved by up to `strength` standard deviations; contrast (about the picture's mean) and, of three
    channels, saturation (about their mean) times a factor drawn evenly from 1 - strength to 1 + strength.

    strength: from 0 to 1. Refused for anything but pictures of one or three channels: channels that are quantities
    (bands, fields) mean their values.
    """
    x = batch.x
    drawn = torch.rand(3, len(x), 1, 1, 1, generator=draw, device=x.device).to(x) * 2 - 1
    brighter, contrast, saturation = drawn * strength
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x - mean) * (1 + contrast) + mean + brighter
    if x.shape[1] == 3:
        grey = x.mean(1, keepdim=True)
        x = (x - grey) * (1 + saturation) + grey
    return replace(batch, x=x)


def refused(strength: float, scene: Scene) -> str:
    """Why the light may not be changed so."""
    if why := wrong_shape(scene, 2, "pictures [C, H, W]"):
        return why
    if scene.kind != "pictures" or scene.shape_in[0] not in (1, 3):
        return f"the {scene.shape_in[0]} channels are quantities, whose values are meant"
    if scene.form == "values" and scene.cells:
        return "the values that are asked for would no longer be those of the picture"
    return "" if not isinstance(strength, str | bool) and 0 < strength <= 1 else "no strength from 0 to 1"
