"""Predicted values against true ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_cloud
from wellfit.nouns.drawing import BLUE, MUTED, name_axes, sheet, short, tick
from wellfit.nouns.units import count, figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 10


def predicted_against_true(
    task: str,
    test_truth: np.ndarray,
    test_outputs: np.ndarray,
    target_names: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
) -> Chart | None:
    """test_truth, test_outputs: [N] or [N, K] in the user's units. Regression only; up to four targets are drawn."""
    pairs = _pairs(test_truth, test_outputs, target_names) if task == "regression" else {}
    if not pairs:
        return None
    said = []
    for name, (truth, said_values) in list(pairs.items())[:4]:
        unit = f" {(units or {}).get(name, '')}".rstrip()
        rmse = float(np.sqrt(np.mean((said_values - truth) ** 2)))
        spread = float(np.var(truth))
        r2 = f", R² {figure(1 - rmse**2 / spread)}" if spread > 0 else ""
        said.append(f"{name}: root mean square error {figure(rmse)}{unit}{r2}")
    n = len(next(iter(pairs.values()))[0])
    more = f" {len(pairs) - 4} more targets are not drawn." if len(pairs) > 4 else ""
    caption = f"{count(n)} test examples. {'; '.join(said)}. On the dotted line a prediction is exact.{more}"
    return Chart("Predicted against true", caption, lambda: _draw(pairs, units or {}))


def _pairs(truth: np.ndarray, outputs: np.ndarray, names: Sequence[str]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Target name -> finite (true [n], predicted [n])."""
    truth, outputs = np.asarray(truth, dtype=float), np.asarray(outputs, dtype=float)
    if not truth.size or truth.size != outputs.size or truth.ndim > 2:
        return {}
    truth, outputs = truth.reshape(len(truth), -1), outputs.reshape(len(truth), -1)
    found = {}
    for k in range(truth.shape[1]):
        ok = np.isfinite(truth[:, k]) & np.isfinite(outputs[:, k])
        if ok.any():
            found[str(names[k]) if k < len(names) else f"target {k + 1}"] = (truth[ok, k], outputs[ok, k])
    return found


def _draw(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]], units: Mapping[str, str]) -> Figure:
    shown = list(pairs.items())[:4]
    rows, columns = (1, 1) if len(shown) == 1 else (-(-len(shown) // 2), 2)
    picture, axes = sheet(3.2 if len(shown) == 1 else 2.2 * rows + 0.3, rows=rows, columns=columns, gap_in=0.75)
    for ax, (name, (truth, said)) in zip(axes, shown):
        low, high = float(min(truth.min(), said.min())), float(max(truth.max(), said.max()))
        room = 0.03 * ((high - low) or abs(high) or 1.0)
        ax.set_xlim(low - room, high + room)
        ax.set_ylim(low - room, high + room)
        ax.plot([low, high], [low, high], color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
        draw_cloud(ax, truth, said, BLUE)
        tick(ax, ticks=4 if columns == 1 else 3)
        unit = f" ({units[name]})" if units.get(name) else ""
        name_axes(ax, f"true {short(name, 30 if columns == 1 else 18)}{unit}", "predicted")
    for ax in axes[len(shown) :]:
        ax.remove()
    return picture
