"""Maps of a field's attribution: where a forecast comes from, with coordinates and coastlines."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.look import Look
from wellfit.nouns.maps import Places, draw_maps, places
from wellfit.nouns.shown import last_time
from wellfit.nouns.units import figure, percent
from wellfit.verbs.explain.attributed import Explained, named, unit_of

SLOPES = ("gradient", "smoothgrad")  # parts that are slopes: of scaled answers with scaled inputs


def maps(look: Look, found: Explained) -> Chart:
    """One field: what it was at the last time, and each method's parts at all times, cell by cell."""
    fields = look.having("maps").preparation.fields
    factor, unit = unit_of(look)
    grid = fields.grid if fields else None
    high, wide = look.shape_in[1:]
    where = places(grid.y, grid.x, grid.to_dict()) if grid else places(np.arange(high), np.arange(wide), {})
    k, spot = _deepest(found)
    parts = [("the field at the last time, departure", last_time(look, found.x[k].cpu()).numpy() * factor)]
    parts += [(named(m), m.by_cell(k) * (1 if m.word in SLOPES else factor)) for m in found.methods]
    units = [unit, *("slope" if m.word in SLOPES else unit for m in found.methods)]
    share = _lags(found, fields.history, fields.width) if fields else ""
    at = None if spot is None else (float(where.x[spot[1]]), float(where.y[spot[0]]))
    caption = (
        f"What the forecast{_about(where, at)} comes from, cell by cell, all times and variables added up: red adds, blue takes"
        f" away, each map on its own scale.{share}"
    )
    drawn = [(t, v, *_about_zero(v)) for t, v in parts]
    return Chart("Where a forecast comes from", caption, lambda: draw_maps(drawn, where, units, mark=at))


def _deepest(found: Explained) -> tuple[int, tuple[int, int] | None]:
    """(the example whose cell lies furthest from the border, so that most of what it hangs on is in the map; that cell)."""
    if found.aim.cells is None:
        return 0, None
    spots = [np.argwhere(c.numpy() > 0).mean(0).round().astype(int) for c in found.aim.cells]
    high, wide = found.aim.cells.shape[1:]
    k = int(np.argmax([min(r / high, c / wide, 1 - r / high, 1 - c / wide) for r, c in spots]))
    return k, (int(spots[k][0]), int(spots[k][1]))


def _about(where: Places, at: tuple[float, float] | None) -> str:
    if at is None:
        return ""
    x, y = at
    if where.on_globe:
        x = (x + 180) % 360 - 180
        place = f"{figure(abs(y))} °{'N' if y >= 0 else 'S'}, {figure(abs(x))} °{'E' if x >= 0 else 'W'}"
    else:
        place = f"{where.y_name} {figure(y)}, {where.x_name} {figure(x)}"
    return f" about {place} (the ring), where it is furthest from usual,"


def _about_zero(values: np.ndarray) -> tuple[float, float]:
    most = float(np.nanquantile(np.abs(values), 0.998)) or float(np.nanmax(np.abs(values))) or 1.0
    return -most, most


def _lags(found: Explained, history: int, width: int) -> str:
    sizes = found.methods[0].parts[:, : history * width].abs().cpu().numpy()
    by = sizes.reshape(len(sizes), history, -1).sum((0, 2))
    total = by.sum() or 1.0
    first, last = (percent(float(by[k] / total), 0) for k in (0, -1))
    return f" Of all parts, the last time holds {last}, the first of the {history} times {first}."
