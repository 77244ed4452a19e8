"""Maps: fields drawn with their coordinates, graticule and, where they are of the globe, coastlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wellfit.nouns.coast import coast
from wellfit.nouns.drawing import INK, MUTED, WIDTH_IN, name_axes, sheet, short, tick

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SIDE = 160  # pixels of a map's longer side
MOST_TALL = 3.0  # inches of one map


class Places(NamedTuple):
    """Coordinates of rows [H] and columns [W], and what they are called; on_globe: they are latitude and longitude."""

    y: np.ndarray
    x: np.ndarray
    y_name: str
    x_name: str
    on_globe: bool = False


def places(y: np.ndarray, x: np.ndarray, grid: Mapping[str, Any]) -> Places:
    """From coordinates and the facts about a grid: y_name, x_name, y_unit, x_unit, on_globe."""
    named = []
    for axis, plain in (("y", "latitude"), ("x", "longitude")):
        unit = str(grid.get(f"{axis}_unit") or "").replace("degrees_north", "°N").replace("degrees_east", "°E")
        name = plain if grid.get("on_globe") else str(grid.get(f"{axis}_name") or axis)
        named.append(f"{name} ({unit})" if unit else name)
    return Places(np.asarray(y, float), np.asarray(x, float), named[0], named[1], bool(grid.get("on_globe")))


def draw_maps(
    parts: Sequence[tuple[str, np.ndarray, float, float]],
    where: Places,
    unit: str | Sequence[str],
    *,
    mark: tuple[float, float] | None = None,
) -> Figure:
    """Maps below one another, each (title, values [H, W], lowest, highest) with a colour bar; a range about zero in two
    colours. unit: of all, or of each; mark: (x, y) of a place with a ring about it."""
    units = [unit] * len(parts) if isinstance(unit, str) else unit
    (h, w), room = parts[0][1].shape, WIDTH_IN - 0.5 - 0.62
    dy, dx = (abs(float(c[-1] - c[0])) / max(1, len(c) - 1) or 1.0 for c in (where.y, where.x))
    tall = float(np.clip(room * (h * dy) / (w * dx), 0.7, MOST_TALL))
    gap, top, bottom = 0.34, 0.34, 0.42
    height = len(parts) * tall + (len(parts) - 1) * gap + top + bottom
    picture, axes = sheet(height, len(parts), 1, right_in=0.62, top_in=top, bottom_in=bottom, gap_in=gap)
    for n, (ax, (title, values, low, high)) in enumerate(zip(axes, parts)):
        drawn = _image(ax, values, where, low, high)
        ax.set_title(short(title, 48), fontsize=8, loc="right", pad=3)
        box = ax.get_position()
        bar = picture.add_axes((box.x1 + 0.08 / WIDTH_IN, box.y0, 0.09 / WIDTH_IN, box.height))
        picture.colorbar(drawn, cax=bar)
        bar.tick_params(labelsize=7, length=2, labelbottom=False)
        bar.grid(False)
        bar.set_ylabel(short(units[n], 10) or "value", rotation=0, fontsize=7, parse_math=False)
        bar.yaxis.set_label_coords(0.0, 1.0 + 0.05 / tall)
        bar.yaxis.label.set(horizontalalignment="left", verticalalignment="bottom")
        if mark is not None:
            ax.plot(*mark, "o", color=INK, markersize=9, fillstyle="none", scalex=False, scaley=False)
        tick(ax, ticks=4)
        ax.grid(True, axis="both", color=MUTED, linewidth=0.3, alpha=0.6)
        ax.set_axisbelow(False)
        name_axes(ax, "", where.y_name)
        if n < len(parts) - 1:
            ax.tick_params(labelbottom=False)
    axes[-1].set_xlabel(where.x_name, parse_math=False)
    return picture


def _image(ax: Any, values: np.ndarray, where: Places, low: float, high: float) -> Any:
    """The field as a picture between its outermost cells' borders, north up where the rows are latitudes."""
    every = max(1, -(-max(values.shape) // MOST_SIDE))
    y, x = where.y, where.x
    half = [abs(float(c[-1] - c[0])) / max(1, len(c) - 1) / 2 or 0.5 for c in (y, x)]
    up = bool(len(y) < 2 or y[-1] > y[0])
    rows = values if up else values[::-1]
    rows = rows if len(x) < 2 or x[-1] > x[0] else rows[:, ::-1]
    extent = (x.min() - half[1], x.max() + half[1], y.min() - half[0], y.max() + half[0])
    colours = "RdBu_r" if low == -high else "viridis"
    if where.on_globe:
        ax.plot(*coast(extent[:2], extent[2:]).T, color=INK, linewidth=0.5, scalex=False, scaley=False)
    return ax.imshow(
        np.ma.masked_invalid(rows[::every, ::every]), extent=extent, origin="lower", aspect="auto", vmin=low, vmax=high,
        cmap=colours, interpolation="nearest",
    )  # fmt: skip
