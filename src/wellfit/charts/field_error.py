"""Where the forecast is wrong: root mean square error in each cell, beside the rival's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.maps import Places, draw_maps, places
from wellfit.nouns.units import figure, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 11


def field_error(
    field_error: np.ndarray,
    field_y: np.ndarray,
    field_x: np.ndarray,
    grid: Mapping[str, Any],
    baseline: str = "",
    target_names: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
) -> Chart | None:
    """field_error [2, H, W]: RMSE over the test fields in each cell, of the forecast and of its rival, in the unit."""
    if field_error.ndim != 3 or not np.isfinite(field_error).any():
        return None
    own, other = field_error
    name = str(target_names[0]) if len(target_names) else "the field"
    unit = (units or {}).get(name, "")
    known = np.isfinite(own) & np.isfinite(other)
    better = float((own < other)[known].mean()) if known.any() else 0.0
    rival = str(baseline).partition(" (")[0] or "the rival"
    caption = (
        f"Root mean square error of {name} in each cell over all test fields, median {figure(float(np.nanmedian(own)))}"
        f"{f' {unit}' if unit else ''}, and that of {rival}, median {figure(float(np.nanmedian(other)))}, in the same"
        f" colours. The network is better in {percent(better, 0)} of the cells."
    )
    where = places(field_y, field_x, grid)
    return Chart("Error from place to place", caption, lambda: _draw(own, other, where, unit, rival))


def _draw(own: np.ndarray, other: np.ndarray, where: Places, unit: str, rival: str) -> Figure:
    most = float(np.nanquantile(np.stack([own, other]), 0.995)) or 1.0
    return draw_maps([("network", own, 0.0, most), (rival, other, 0.0, most)], where, unit)
