"""The training loss of a script that the doctor watched, step by step as it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, finite, wide_range
from wellfit.nouns.drawing import BLUE, INK, VERMILION, name_axes, sheet, tick
from wellfit.nouns.reading import Track
from wellfit.nouns.units import count, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "doctor", 10


def program_loss(program_loss: Track | None) -> Chart | None:
    """program_loss: what the script called backward on, by optimizer step."""
    if program_loss is None:
        return None
    steps, _, values = finite(program_loss)
    if not len(values):
        return None
    tenth = values[-max(len(values) // 10, 1) :]
    caption = f"The script's training loss at {count(len(values))} steps: {figure(float(values[0]))} at first, "
    caption += f"{figure(float(np.mean(tenth)))} at the end"
    caption += f" (mean of the last {count(len(tenth))})." if len(tenth) > 1 else "."
    bad = np.flatnonzero(~np.isfinite(program_loss.values))
    gone = float(program_loss.steps[bad[0]]) if len(bad) else None
    if gone is not None:
        caption += f" From step {count(gone)} on there are values that are not finite."
    return Chart("Training loss of the script", caption, lambda: _draw(steps, values, gone))


def _draw(steps: np.ndarray, values: np.ndarray, gone: float | None) -> Figure:
    picture, (ax,) = sheet()
    draw_curve(ax, steps, values, BLUE, width=1.0)
    if gone is not None:
        ax.axvline(gone, color=VERMILION, linewidth=1)
        ax.text(gone, 0.5, " not finite ", transform=ax.get_xaxis_transform(), ha="right", color=INK)
    tick(ax, log=wide_range(values), whole_x=True)
    name_axes(ax, "optimizer step", "training loss")
    return picture
