"""Forecasts of test windows, with the truth that came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, INK, MUTED, VERMILION, name_axes, sheet, short, tick
from wellfit.nouns.units import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 10
MOST = 4


def forecasts(
    forecast_history: np.ndarray,
    forecast_truth: np.ndarray,
    forecast_said: np.ndarray,
    forecast_band: np.ndarray | None = None,
    forecast_cover: np.ndarray | None = None,
    target_names: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
    step: str = "step",
) -> Chart | None:
    """Up to four windows [n, L] of the first variable in its unit, what came [n, H], what was said [n, H], and the band
    [2, n, H] in which 90 % of the validation errors lie."""
    if not len(forecast_said) or not np.isfinite(forecast_said).any():
        return None
    name = str(target_names[0]) if len(target_names) else "the series"
    unit = (units or {}).get(name, "")
    n, horizon = len(forecast_said[:MOST]), forecast_said.shape[1]
    caption = f"{name}, {n} test windows spread evenly over the test part: what the network saw last and what came"
    caption += f" (dark), and its forecast of {horizon:,} steps of {step} (blue)."
    if forecast_band is not None:
        caption += (
            " Band: between the 5 % and 95 % quantiles of the validation errors at the same number of steps ahead"
        )
        caption += _held(forecast_cover)
    draw = lambda: _draw(forecast_history, forecast_truth, forecast_said, forecast_band, name, unit, step)
    return Chart("Forecasts and what came", caption, draw)


def _held(cover: np.ndarray | None) -> str:
    if cover is None or not np.isfinite(cover).all():
        return "."
    return f"; it holds {percent(float(cover))} of what came in all test windows."


def _draw(
    history: np.ndarray,
    truth: np.ndarray,
    said: np.ndarray,
    band: np.ndarray | None,
    name: str,
    unit: str,
    step: str,
) -> Figure:
    n, horizon = len(said[:MOST]), said.shape[1]
    rows, columns = (1, 1) if n == 1 else (-(-n // 2), 2)
    picture, axes = sheet(1.9 * rows + 0.4, rows=rows, columns=columns, gap_in=0.6)
    back, ahead = np.arange(-history.shape[1] + 1, 1), np.arange(1, horizon + 1)
    mark = "." if horizon < 16 else ""
    for i, ax in enumerate(axes[:n]):
        ax.axvline(0.5, color=MUTED, linewidth=0.7, linestyle=(0, (1, 2)))
        if band is not None and np.isfinite(band[:, i]).any():
            ax.fill_between(ahead, band[0, i], band[1, i], color=BLUE, alpha=0.2, linewidth=0)
        ax.plot(back, history[i], color=INK, linewidth=1)
        ax.plot(ahead, truth[i], color=VERMILION, linewidth=1, marker=mark, markersize=3)
        ax.plot(ahead, said[i], color=BLUE, linewidth=1.6, marker=mark, markersize=3)
        tick(ax, ticks=3, whole_x=True)
        label = f"{short(name, 16)}{f' ({unit})' if unit else ''}"
        name_axes(ax, f"steps of {short(step, 12)}", label)
    for ax in axes[n:]:
        ax.remove()
    return picture
