"""Pictures that the network drew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import name_axes, sheet
from wellfit.nouns.units import count, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 7
ACROSS, MOST, MOST_SIDE, LEVELS = 8, 32, 48, 32


def drawn_pictures(drawn_pictures: np.ndarray) -> Chart | None:
    """drawn_pictures [P, C, H, W] in 0..1, of which the first 32 are shown, as they came."""
    if drawn_pictures.ndim != 4 or not len(drawn_pictures) or not np.isfinite(drawn_pictures).any():
        return None
    x = np.nan_to_num(drawn_pictures).clip(0, 1)
    apart = float(x.std(0).mean())
    shown = x[:MOST]
    caption = (
        f"{count(len(shown))} pictures of {x.shape[2]} × {x.shape[3]} that the network drew, as they came, none picked out."
        f" The brightness of a pixel differs by {figure(apart)} of full scale from picture to picture; near 0 they would all"
        " be one picture."
    )
    return Chart("Pictures drawn by the network", caption, lambda: _draw(shown))


def _draw(x: np.ndarray) -> Figure:
    step = max(1, -(-max(x.shape[2:]) // MOST_SIDE))
    x = np.round(x[:, :, ::step, ::step] * LEVELS) / LEVELS
    n, c, h, w = x.shape
    x = x[:, :3] if c >= 3 else np.repeat(x[:, :1], 3, 1)
    across = min(n, ACROSS)
    rows = -(-n // across)
    canvas = np.ones((rows * (h + 1) - 1, across * (w + 1) - 1, 3))
    for k, one in enumerate(x):
        r, column = divmod(k, across)
        canvas[r * (h + 1) : r * (h + 1) + h, column * (w + 1) : column * (w + 1) + w] = np.moveaxis(one, 0, -1)
    high = min(3.6 * canvas.shape[0] / canvas.shape[1], 5.0)
    picture, (ax,) = sheet(high + 0.4, left_in=0.2, right_in=0.2, top_in=0.1, bottom_in=0.3)
    ax.set_anchor("NW")
    ax.imshow(canvas, interpolation="none", aspect="equal")
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
    name_axes(ax, f"{across} pictures a row", "")
    return picture
