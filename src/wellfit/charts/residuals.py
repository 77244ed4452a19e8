"""What is left over: the residuals of a regression against its predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_cloud
from wellfit.nouns.drawing import BLUE, MUTED, ORANGE, name_axes, sheet, short, tick
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 20


def residuals(
    task: str,
    test_truth: np.ndarray,
    test_outputs: np.ndarray,
    target_names: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
) -> Chart | None:
    """Residuals (predicted − true) of the first target over its predictions, with the running median; [N] or [N, K]."""
    truth, outputs = np.asarray(test_truth, dtype=float), np.asarray(test_outputs, dtype=float)
    if task != "regression" or not truth.size or truth.size != outputs.size or truth.ndim > 2:
        return None
    truth, said = truth.reshape(len(truth), -1)[:, 0], outputs.reshape(len(truth), -1)[:, 0]
    ok = np.isfinite(truth) & np.isfinite(said)
    truth, said = truth[ok], said[ok]
    if not len(said):
        return None
    name = str(target_names[0]) if len(target_names) else "the target"
    unit = (units or {}).get(name, "")
    left = said - truth
    half, most = (figure(q) for q in np.quantile(np.abs(left), [0.5, 0.95]))
    caption = (
        f"{name}: mean residual {figure(left.mean())}, half of them within {half}, 95 % within {most} {unit}".rstrip()
        + "."
    )
    if len(left) >= 30:
        thirds = np.array_split(left[np.argsort(said)], 3)
        low, high = figure(thirds[0].std()), figure(thirds[2].std())
        caption += (
            f" Standard deviation {low} in the third with the lowest predictions, {high} in that with the highest."
        )
    return Chart("Residuals", caption, lambda: _draw(said, left, name, unit))


def _draw(said: np.ndarray, left: np.ndarray, name: str, unit: str) -> Figure:
    picture, (ax, side) = sheet(2.8, columns=2, gap_in=0.12)
    a, b = ax.get_position(), side.get_position()
    ax.set_position((a.x0, a.y0, a.width * 1.5, a.height))
    side.set_position((b.x0 + 0.5 * a.width, b.y0, b.width * 0.5, b.height))
    reach = float(np.quantile(np.abs(left), 0.998)) * 1.15 or 1.0
    room = 0.03 * (float(np.ptp(said)) or abs(float(said[0])) or 1.0)
    ax.set_xlim(said.min() - room, said.max() + room)
    for each in (ax, side):
        each.set_ylim(-reach, reach)
        each.axhline(0, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    draw_cloud(ax, said, left, BLUE)
    if len(said) >= 50:
        order = np.array_split(np.argsort(said), 12)
        ax.plot([np.median(said[o]) for o in order], [np.median(left[o]) for o in order], color=ORANGE, linewidth=2)
    heights, edges = np.histogram(
        left.clip(-reach, reach), bins=min(40, max(5, int(len(left) ** 0.5))), range=(-reach, reach)
    )
    side.stairs(heights, edges, orientation="horizontal", fill=True, color=BLUE, alpha=0.6)
    tick(ax, ticks=4)
    tick(side, ticks=2)
    side.tick_params(labelleft=False)
    unit = f" ({unit})" if unit else ""
    name_axes(ax, f"predicted {short(name, 24)}{unit}", f"residual: predicted − true{unit}; line: running median")
    name_axes(side, "test rows", "")
    side.spines["left"].set_visible(False)
    return picture
