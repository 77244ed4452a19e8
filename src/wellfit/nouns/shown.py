"""Shown: prepared examples and maps of them as small pictures that a person can look at."""

from __future__ import annotations

import base64
import io

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.coast import coast
from wellfit.nouns.drawing import BLUE, VERMILION, tint
from wellfit.nouns.look import Look

MOST_SIDE = 128  # pixels of a small picture's longer side
COAST = (105, 112, 122, 140)  # seen on light and on dark pages
LINES = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167))  # blue, vermilion, green, purple of drawing.py


def example(look: Look, x: Tensor) -> np.ndarray:
    """A prepared example [*shape_in] as pixels: a picture as it is, of a field the last time in two colours, lines of a
    series, a strip of a row of numbers."""
    if look.way in ("pictures", "masks"):
        return grey_or_colours(as_picture(look, x))
    if look.way == "fields" and x.ndim == 3:
        return field_tile(look, last_time(look, x))
    if x.ndim == 2:
        return lines(x.numpy())
    values = x.flatten().numpy()
    return heat(np.repeat(values[None], max(2, len(values) // 8), 0), most=3.0)


def as_picture(look: Look, x: Tensor) -> np.ndarray:
    """A prepared picture [C, H, W] as numbers in 0..1, as it was before scaling."""
    values = x.detach().cpu().double().numpy()
    if look.data is not None:
        scaling = look.data.preparation.scaling
        if scaling.method in ("none", "centre", "standardise", "minmax", "robust", "each"):
            values = scaling.back(values[None])[0].reshape(look.data.preparation.shape)
            top = 1.0 if scaling.method == "each" else float(np.nanmax(np.asarray(look.data.raw.inputs[: 2**12])))
            return np.clip(values / (top or 1.0), 0, 1)
    low, high = values.min(), values.max()
    return (values - low) / ((high - low) or 1.0)


def grey_or_colours(values: np.ndarray) -> np.ndarray:
    """[C, H, W] in 0..1 as uint8 [H, W] or [H, W, 3]; of other channels than 3 or 4 the first."""
    pixels = (np.nan_to_num(values).clip(0, 1) * 255).round().astype(np.uint8)
    return np.moveaxis(pixels[:3], 0, -1) if len(pixels) in (3, 4) else pixels[0]


def last_time(look: Look, x: Tensor) -> Tensor:
    """Of a field's channels [C, H, W] (times one after another) the first variable at the last time."""
    fields = look.data.preparation.fields if look.data is not None else None
    width = len(x) // fields.history if fields is not None and fields.history else len(x)
    return x[-width]


def north_up(look: Look, field: Tensor) -> Tensor:
    """A field [H, W] with the largest y on top."""
    fields = look.data.preparation.fields if look.data is not None else None
    y = fields.grid.y if fields is not None else None
    return field.flip(0) if y is not None and len(y) > 1 and y[0] < y[-1] else field


def field_tile(look: Look, field: Tensor, most: float = 0.0) -> np.ndarray:
    """A field [H, W] as RGBA, orange above zero and blue below as in maps, north up, its cells as squares of some pixels,
    with coastlines where it is of the globe."""
    fields = look.data.preparation.fields if look.data is not None else None
    pixels = heat(north_up(look, field).numpy(), most, colours=(VERMILION, BLUE))
    each = max(1, MOST_SIDE // max(pixels.shape[:2]))
    pixels = pixels.repeat(each, 0).repeat(each, 1)
    return pixels if fields is None or not fields.grid.on_globe else _with_coast(pixels, fields.grid.y, fields.grid.x)


def _with_coast(pixels: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    from PIL import Image, ImageDraw

    half = [abs(float(c[-1] - c[0])) / max(1, len(c) - 1) / 2 for c in (y, x)]
    low, high = (float(c.min()) - h for c, h in zip((y, x), half)), (float(c.max()) + h for c, h in zip((y, x), half))
    (south, west), (north, east) = low, high
    image = Image.fromarray(pixels)
    pen = ImageDraw.Draw(image)
    at = coast((west, east), (south, north))
    across = (at - (west, north)) / (east - west, south - north) * (image.width, image.height)
    for line in np.split(across, np.flatnonzero(np.isnan(across[:, 0]))):
        points = [tuple(p) for p in line[~np.isnan(line[:, 0])]]
        if len(points) > 1:
            pen.line(points, fill=COAST)
    return np.asarray(image)


def heat(
    values: np.ndarray,
    most: float = 0.0,
    under: np.ndarray | None = None,
    colours: tuple[str, str] = (BLUE, VERMILION),
) -> np.ndarray:
    """Numbers [H, W] as RGBA: the first colour above zero, the second below, as strong as they are large beside `most`
    (the 99.5th percentile of their size by default); over a grey picture `under` [H, W] in 0..1 where one is given."""
    values = np.asarray(values, float)
    size = np.abs(values[np.isfinite(values)])
    most = most or float(np.quantile(size, 0.995) if size.size else 0) or float(size.max(initial=0)) or 1.0
    rgba = tint(values / most, colours)
    if under is not None:
        grey = 0.35 + 0.6 * under
        rgba = np.concatenate([rgba[..., :3] * rgba[..., 3:] + grey[..., None] * (1 - rgba[..., 3:]),
                               np.ones_like(rgba[..., :1])], -1)  # fmt: skip
    return (rgba * 255).round().astype(np.uint8)


def lines(values: np.ndarray, high: int = 48, wide: int = 96) -> np.ndarray:
    """A series [C, L] as lines on nothing: RGBA [high, wide]; the first four channels, each in a colour."""
    pixels = np.zeros((high, wide, 4), np.uint8)
    low, top = float(np.nanmin(values)), float(np.nanmax(values))
    for channel, colour in zip(values, LINES):
        places = np.linspace(0, len(channel) - 1, wide)
        level = (np.interp(places, np.arange(len(channel)), np.nan_to_num(channel)) - low) / ((top - low) or 1.0)
        at = ((1 - level) * (high - 3) + 1).round().astype(int)
        for column in range(wide):
            first, last = sorted((at[max(0, column - 1)], at[column]))
            pixels[first : last + 2, column] = (*colour, 255)
    return pixels


def data_uri(pixels: np.ndarray) -> str:
    """Pixels as a data address: PNG, JPEG for large photographs; reduced to MOST_SIDE."""
    from PIL import Image

    image = Image.fromarray(pixels)
    image.thumbnail((MOST_SIDE, MOST_SIDE))
    photo = pixels.ndim == 3 and pixels.shape[-1] == 3 and max(image.size) > 40
    held = io.BytesIO()
    image.save(held, "JPEG" if photo else "PNG", **({"quality": 80} if photo else {"optimize": True}))
    return f"data:image/{'jpeg' if photo else 'png'};base64,{base64.b64encode(held.getvalue()).decode()}"


def spread(n: int, most: int) -> torch.Tensor:
    """At most `most` places out of n, evenly."""
    return torch.linspace(0, max(0, n - 1), min(n, most)).round().long() if n else torch.zeros(0, dtype=torch.int64)
