"""How the values to be predicted are distributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, ORANGE, name_axes, sheet, short, tick
from wellfit.nouns.units import count, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "data", 10


def target_distribution(
    task: str, train_truth: np.ndarray, target_names: Sequence[str] = (), units: Mapping[str, str] | None = None
) -> Chart | None:
    """train_truth: targets [N] or [N, K] of training rows in the user's units; four targets at most."""
    values = np.asarray(train_truth, dtype=float) if task == "regression" else np.zeros((0, 1))
    if values.ndim > 2:  # fields: all cells of each target
        values = np.moveaxis(values, 1, -1).reshape(-1, values.shape[1])
    values = values.reshape(len(values), -1) if len(values) else values.reshape(0, 1)
    columns = {_name(target_names, k): v[np.isfinite(v)] for k, v in enumerate(values.T) if np.isfinite(v).any()}
    if not columns:
        return None
    said = []
    for name, v in list(columns.items())[:4]:
        unit = f" {(units or {}).get(name, '')}".rstrip()
        low, middle, high = (figure(q) for q in np.quantile(v, [0.25, 0.5, 0.75]))
        said.append(f"{name}: median {middle}{unit}, middle half {low} to {high}{unit}")
        top = float(np.mean(v == v.max()))
        if len(v) >= 50 and top > 0.02 and len(np.unique(v)) > 20:
            said[-1] += f"; {top * 100:.1f} % share the highest value {figure(v.max(), 6)}, as if it were capped"
    more = f" {len(columns) - 4} more targets are not drawn." if len(columns) > 4 else ""
    caption = (
        f"{count(len(values))} training {'cells' if np.ndim(train_truth) > 2 else 'rows'}. {'. '.join(said)}.{more}"
    )
    return Chart("Distribution of the target", caption, lambda: _draw(columns, units or {}))


def _name(names: Sequence[str], k: int) -> str:
    return str(names[k]) if k < len(names) else f"target {k + 1}"


def _draw(columns: Mapping[str, np.ndarray], units: Mapping[str, str]) -> Figure:
    shown = list(columns.items())[:4]
    picture, axes = sheet(2.2 if len(shown) == 1 else 1.45 * len(shown) + 0.3, rows=len(shown), gap_in=0.72)
    for ax, (name, v) in zip(axes, shown):
        low, high = np.quantile(v, [0.005, 0.995])
        inside = v[(v >= low) & (v <= high)] if high > low else v
        heights, edges = np.histogram(inside, bins=min(40, max(5, int(len(inside) ** 0.5))))
        ax.stairs(heights, edges, fill=True, color=BLUE, alpha=0.6)
        ax.axvline(float(np.median(v)), color=ORANGE, linewidth=1.5)
        tick(ax, ticks=4)
        unit = f" ({units[name]})" if units.get(name) else ""
        name_axes(ax, f"{short(name, 40)}{unit}; line: median", "training rows")
    return picture
