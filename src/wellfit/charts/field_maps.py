"""A test field: truth, what the network gives and their difference as maps."""

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
    """field_maps [3, H, W]: truth, answer, rival of one test field in the unit; field_y [H], field_x [W]; grid: names and
    units of its axes; ahead: how long before a forecast was made, "" of a downscaling, beside which its rival is shown;
    field_when: what moment it is of."""
    if field_maps.ndim != 3 or not np.isfinite(field_maps[:2]).any():
        return None
    truth, said, rival = field_maps
    name = str(target_names[0]) if len(target_names) else "the field"
    unit = (units or {}).get(name, "")
    far = said - truth
    error = float(np.sqrt(np.nanmean(far**2)))
    caption = (
        f"{name}{f' in {unit}' if unit else ''}, {'a test field' if field_when is None else field_when}: as it was, as"
        f" {f'forecast {ahead} before' if ahead else 'downscaled, and its rival'}, in the same colours, and the difference"
        f" of the {'forecast' if ahead else 'downscaled one'}; of all test fields the"
        f" one with the median error (here {figure(error)} root mean square over the cells, at most"
        f" {figure(float(np.nanmax(np.abs(far))))})."
    )
    where = places(field_y, field_x, grid)
    word = "forecast" if ahead else "downscaled"
    named = [("truth", truth), (word, said)] + ([] if ahead else [("rival", rival)])
    title = "A forecast of the test" if ahead else "A test field, downscaled"
    return Chart(title, caption, lambda: _draw(named, (f"{word} minus truth", far), where, unit))


def _draw(
    named: Sequence[tuple[str, np.ndarray]], difference: tuple[str, np.ndarray], where: Places, unit: str
) -> Figure:
    low, high = (float(v) for v in np.nanquantile(np.stack([v for _, v in named]), [0.005, 0.995]))
    most = float(np.nanquantile(np.abs(difference[1]), 0.995)) or 1.0
    high = high if high > low else low + 1.0
    parts = [(name, values, low, high) for name, values in named]
    return draw_maps([*parts, (*difference, -most, most)], where, unit)
