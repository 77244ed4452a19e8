"""Augment: training batches varied in ways that leave what they answer true, drawn anew at every step.

Whole batches on their device; what is drawn is a function of (seed, step) alone, so that a training that goes on after
a stop sees what it would have seen. Checks, the rate test, validation and test never come here. The ways are the
shelf `augmentations`, taken in the order of `ORDER`, others after them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns import shelf
from wellfit.nouns.data import Data
from wellfit.nouns.errors import RecipeError
from wellfit.nouns.turning import FAR, FEW, one_sided

ORDER = ("roll", "flip", "turn", "crop", "rotate", "colour", "noise", "cutout", "mask_time", "mixup")
LINEAR = ("none", "centre", "standardise", "minmax", "robust")
EAST = re.compile(r"^(u(\d*|o|a|s|gos|grd|wnd|_?wind|as)|.*eastward.*|.*(^|_)u_component.*|.*zonal.*wind.*)$", re.I)
NORTH = re.compile(
    r"^(v(\d*|o|a|s|gos|grd|wnd|_?wind|as)|.*northward.*|.*(^|_)v_component.*|.*meridional.*wind.*)$", re.I
)
TURNS = re.compile(r"(direction|angle|azimuth|heading|bearing|orientation)", re.I)


@dataclass(frozen=True)
class Batch:
    """x [B, *shape_in]; y as its form has it; order [B]: the examples whose answers count for `share` of the loss
    beside their own, None where none do."""

    x: Tensor
    y: Tensor
    order: Tensor | None = None
    share: float = 0.0


@dataclass(frozen=True)
class Scene:
    """What an augmentation may know: kind of data; shape_in; form of the targets; cells: do the targets lie on the
    inputs' own cells (masks, fields); names, target_names: of channels, where known; x, y: the training rows, looked at
    before training; zero, target_zero: where 0 of the user's units lies after scaling [C, 1, 1], None where scaling bends
    it; weighted: do examples have weights."""

    kind: str
    shape_in: tuple[int, ...]
    form: str
    cells: bool
    names: tuple[str, ...]
    target_names: tuple[str, ...]
    x: Tensor
    y: Tensor
    zero: Tensor | None
    target_zero: Tensor | None
    weighted: bool = False

    @property
    def pictures(self) -> bool:
        """Are the inputs [C, H, W]?"""
        return len(self.shape_in) == 3

    def odd(self, axis: int, targets: bool = False) -> list[int]:
        """Channels that are a vector's component along the axis: -1 from west to east, -2 from south to north."""
        which = EAST if axis == -1 else NORTH
        return [i for i, n in enumerate(self.target_names if targets else self.names) if which.match(n)]

    def sided(self, axis: int) -> tuple[float, bool]:
        """(how one-sided classes are along the axis, can that be told): `one_sided`; (0, False) where it cannot."""
        if self.form != "classes" or self.cells or self.y.ndim > 1 or not self.pictures:
            return 0.0, False
        counts = torch.bincount(self.y)
        if int(counts[counts > 0].min()) < FEW:
            return 0.0, False
        return one_sided(self.x, self.y, axis), True

    def side(self, axis: int) -> str:
        """Why the pictures may not be mirrored along the axis; "" where nothing speaks against it."""
        share, told = self.sided(axis)
        if told and share > FAR:
            return f"classes have a side there: {share:.0%} of the one-sided part of pictures is common to a class"
        turned = [n for n in self.target_names if TURNS.search(n) or EAST.match(n) or NORTH.match(n)]
        if not self.cells and self.form == "values" and turned:
            return f"{turned[0]} turns with the picture"
        return ""


def scene_of(data: Data) -> Scene:
    """What the data tell an augmentation."""
    p, train = data.preparation, data.train
    axes = len(data.shape_in) - 1
    shape = tuple(train.y.shape[1:])
    cells = axes > 0 and len(shape) >= axes and shape[len(shape) - axes :] == tuple(data.shape_in[1:])
    zero = p.scaling(np.zeros((1, *p.scaling.shape)))[0] if p.scaling.method in LINEAR and p.scaling.shape else None
    at: Tensor | None = None
    if data.form == "values" and p.target_scaling.method in LINEAR:
        at = p.target_scaling(np.zeros((1, len(p.target_names))))[0].view(-1, *[1] * axes)
    names = p.names if len(p.names) == data.shape_in[0] else ()
    known = (data.raw.kind, data.shape_in, data.form, cells, names, p.target_names)
    return Scene(*known, train.x, train.y, zero, at, train.weight is not None)


def ways(choices: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """(word, strength) of the augmentations that are on, in their order."""
    on = {w: s for w, s in choices.items() if s not in (0, False, "none", None)}
    return [(w, on[w]) for w in (*ORDER, *sorted(set(on) - set(ORDER))) if w in on]


def must_stay_true(choices: Mapping[str, Any], data: Data) -> None:
    """Raise RecipeError for an augmentation that would change what an example answers, or that does not fit it."""
    chosen = ways(choices)
    scene = scene_of(data) if chosen else None
    for word, strength in chosen:
        refused = getattr(shelf.module("augmentations", word), "refused", None)
        if refused and (why := refused(strength, scene)):
            raise RecipeError(f"augment.{word} = {strength!r}", why, f"leave it out: augment.{word}=none")


def varied(choices: Mapping[str, Any], data: Data, seed: int) -> Callable[[Tensor, Tensor, int], Batch] | None:
    """(x, y, step) -> Batch, or None where nothing is varied."""
    chosen = [(shelf.get("augmentations", w), s) for w, s in ways(choices)]
    if not chosen:
        return None
    scene = scene_of(data)

    def vary(x: Tensor, y: Tensor, step: int) -> Batch:
        draw = torch.Generator(x.device).manual_seed(seed * 1_000_003 + step)
        batch = Batch(x, y)
        for augmentation, strength in chosen:
            batch = augmentation(batch, strength, scene, draw)
        return batch

    return vary


def moved(batch: Batch, scene: Scene, move: Callable[[Tensor], Tensor]) -> Batch:
    """The batch with x, and with it targets that lie on its cells, brought to other places."""
    return replace(batch, x=move(batch.x), y=move(batch.y) if scene.cells else batch.y)


def wrong_shape(scene: Scene, axes: int, what: str) -> str:
    """Why inputs without so many axes of places cannot be varied so; "" for those that have them."""
    found = len(scene.shape_in) - 1
    return "" if found == axes else f"it varies {what}, and an example here is of shape {scene.shape_in}"
