"""The test figure with its interval, beside what one gets without a network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import GREEN, INK, MUTED, name_axes, sheet, short, tick
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "summary", 10


def against_baseline(headline: Mapping[str, Any]) -> Chart | None:
    """headline: {"label", "value", "low", "high", "unit", "n", "baseline"} of the first test metric."""
    value, low, high, baseline = (_number(headline.get(k)) for k in ("value", "low", "high", "baseline"))
    if value is None:
        return None
    unit = f" {headline['unit']}" if headline.get("unit") else ""
    caption = f"{headline.get('label', 'Test figure')} {figure(value)}{unit}"
    if low is not None and high is not None:
        caption += f" (95 % interval {figure(low)} to {figure(high)})"
    caption += " on the test rows"
    if baseline is not None:
        how = f": {headline['against']}" if headline.get("against") else ""
        caption += f", against {figure(baseline)}{unit} without a network{how}"
    return Chart("Against the baseline", f"{caption}.", lambda: _draw(headline, value, low, high, baseline))


def _number(value: Any) -> float | None:
    try:
        return float(value) if math.isfinite(float(value)) else None
    except (TypeError, ValueError):
        return None


def _draw(
    headline: Mapping[str, Any], value: float, low: float | None, high: float | None, baseline: float | None
) -> Figure:
    picture, (ax,) = sheet(1.2, left_in=0.85, right_in=0.3, top_in=0.22)
    ax.grid(False)
    rows = ["test"] if baseline is None else ["baseline", "test"]
    if low is not None and high is not None:
        ax.plot([low, high], [len(rows) - 1] * 2, color=GREEN, linewidth=9, alpha=0.35, solid_capstyle="butt")
    ax.plot(value, len(rows) - 1, "|", color=GREEN, markersize=14, markeredgewidth=2.2)
    if baseline is not None:
        ax.plot(baseline, 0, "D", color=MUTED, markersize=5)
    shown = [v for v in (value, low, high, baseline) if v is not None]
    share = not headline.get("unit") and min(shown) >= 0 and max(shown) <= 1
    room = (max(shown) - min(min(shown), 0.0)) or 1.0
    ax.set_xlim((-0.02, 1.02) if share else (min(min(shown), 0.0) - 0.04 * room, max(shown) + 0.12 * room))
    ax.set_ylim(-0.6, len(rows) - 0.4)
    tick(ax, ticks=4)
    ax.set_yticks(range(len(rows)), rows, color=INK)
    unit = f" ({headline['unit']})" if headline.get("unit") else ""
    name_axes(ax, f"{short(headline.get('label', 'value'), 50)}{unit}", "")
    ax.set_ylabel("")
    return picture
