"""The space that is searched where nobody gives one, from the data and the recipe that would be used without a search."""

from __future__ import annotations

import inspect
from typing import Any

from wellfit.nouns import shelf
from wellfit.nouns.data import Data
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.space import DEPTH, WIDTH, Axis, Space

LAYERED = ("dense", "conv", "vgg")
"""Networks whose layers are as many as their widths, so that one more or less is another choice."""
SIZED = (*LAYERED, "recurrent", "tcn")
DECAY = {"adamw": (1e-4, 0.3), "adam": (1e-7, 1e-2)}
"""Bounds of l2 by optimizer; the penalty in the gradient for all others."""


def usual_space(base: Recipe, data: Data, given: Recipe, *, stacked: bool = False) -> Space:
    """Rate, size, penalty, dropout, batch, and of pictures how far they are moved, around the complete recipe `base`.

    What a person set in `given` stays as it is and is no axis. Bounds: ten times the rate of the range test both ways; a
    quarter to twice the first layer's width; one layer more or fewer; half to twice the
    batch, unless trials are stacked, which then share each batch.
    """
    c, t = base.network, base.training
    axes: list[Axis] = [Axis("training.lr", t.lr / 10, min(t.lr * 10, 1.0), prior="log", unit="a step")]  # type: ignore[operator]
    if isinstance(c.widths, tuple) and c.widths and c.name in SIZED and "network.widths" not in given.given():
        first, deep = c.widths[0], len(c.widths)
        unit = "channels" if c.name in ("conv", "vgg") else "units"
        axes.append(Axis(WIDTH, max(4, first // 4), 2 * first, prior="log", unit=unit, whole=True))
        if c.name in LAYERED:
            axes.append(Axis(DEPTH, max(1, deep - 1), deep + 1, unit="layers", whole=True))
    low, high = DECAY.get(str(t.optimizer), (1e-6, 1e-2))
    axes.append(Axis("training.l2", low, high, prior="log"))
    if "dropout" in _taken(base):
        axes.append(Axis("network.dropout", 0.0, 0.6, unit="of the units"))
    batch = int(t.batch_size)
    sizes = sorted({max(2, batch // 2), batch, min(2 * batch, max(2, len(data.train)))})
    if not stacked:
        axes.append(Axis("training.batch_size", choices=tuple(sizes), unit="examples"))
    if c.name == "conv" and data.raw.kind == "pictures" and "shift" in c.options:
        axes.append(Axis("network.options.shift", 0, max(1, min(data.shape_in[1:]) // 8), unit="pixels", whole=True))
    return Space(tuple(a for a in axes if a.key not in given.given() and _option(a.key) not in given.network.options))


def _option(key: str) -> str:
    return key.removeprefix("network.options.") if key.startswith("network.options.") else ""


def _taken(base: Recipe) -> Any:
    """The parameters of the recipe's network; of one of the user's own none."""
    if base.network.name not in shelf.names("networks"):
        return {}
    return inspect.signature(shelf.get("networks", base.network.name)).parameters
