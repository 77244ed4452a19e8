"""A test field: truth, forecast and their difference as maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.maps import Places, draw_maps, places
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 10


def field_maps(
    field_maps: np.ndarray,
    field_y: np.ndarray,
    field_x: np.ndarray,
    grid: Mapping[str, Any],
    target_names: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
    ahead: str = "",
    field_when: np.ndarray | None = None,
) -> Chart | None:
    """field_maps [3, H, W]: truth, forecast, rival of one test field in the unit; field_y [H], field_x [W]; grid: names
    and units of its axes; ahead: how long before the forecast was made;
    field_when: what moment it is of."""
    if field_maps.ndim != 3 or not np.isfinite(field_maps[:2]).any():
        return None
    truth, said = field_maps[:2]
    name = str(target_names[0]) if len(target_names) else "the field"
    unit = (units or {}).get(name, "")
    far = said - truth
    error = float(np.sqrt(np.nanmean(far**2)))
    caption = (
        f"{name}{f' in {unit}' if unit else ''}, {'a test field' if field_when is None else field_when}: as it was, as forecast"
        f"{f' {ahead} before' if ahead else ''}, in the same colours, and the forecast's difference; of all test fields the"
        f" one with the median error (here {figure(error)} root mean square over the cells, at most"
        f" {figure(float(np.nanmax(np.abs(far))))})."
    )
    where = places(field_y, field_x, grid)
    return Chart("A forecast of the test", caption, lambda: _draw(truth, said, where, unit))


def _draw(truth: np.ndarray, said: np.ndarray, where: Places, unit: str) -> Figure:
    low, high = (float(v) for v in np.nanquantile(np.stack([truth, said]), [0.005, 0.995]))
    most = float(np.nanquantile(np.abs(said - truth), 0.995)) or 1.0
    high = high if high > low else low + 1.0
    return draw_maps(
        [
            ("truth", truth, low, high),
            ("forecast", said, low, high),
            ("forecast minus truth", said - truth, -most, most),
        ],
        where,
        unit,
    )
