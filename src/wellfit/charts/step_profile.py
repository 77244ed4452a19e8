"""Where a training step's time goes, and how near the machine's peak it comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, GREEN, beside, name_axes, name_rows, number, sheet
from wellfit.nouns.playable import WHY
from wellfit.nouns.profiled import Profiled
from wellfit.nouns.units import figure, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "training", 42


def step_profile(profile: Mapping[str, Any]) -> Chart | None:
    """profile: as `wellfit fit --profile` measured it: seconds by part of a step, operations, bytes, the peaks here."""
    p = Profiled.of(profile)
    parts = {k: v for k, v in p.seconds.items() if np.isfinite(v)}
    if not parts or not sum(parts.values()) > 0:
        return None
    most = max(parts, key=lambda k: parts[k])
    caption = f"A step of {p.rows:,} rows takes {figure(1e3 * p.step_s)} ms, {percent(parts[most] / p.step_s, 0)} of it {most}."
    if p.flops > 0:
        reached, moved = p.flops / p.busy_s, p.moved / p.busy_s
        caption += (
            f" It reaches {figure(reached / 1e9)} of {figure(p.peak_flops / 1e9)} GFLOP/s and {figure(moved / 1e9)} of"
            f" {figure(p.peak_bytes / 1e9)} GB/s measured here; {p.bound} is the lower roof"
            f" ({percent(reached / p.reachable, 0)} of it). Caches can move more than a copy does."
        )
    if p.played_s:
        caption += f" A step that nobody watches is played from a record, in {figure(1e3 * p.played_s)} ms."
    elif p.why:
        caption += f" Steps are not played from a record: {WHY.get(p.why, p.why)}."
    return Chart("A step", caption, lambda: _draw(p, parts))


def _draw(p: Profiled, parts: Mapping[str, float]) -> Figure:
    names = [*parts]
    picture, (left, right) = sheet(0.75 + 0.22 * len(names), columns=2, left_in=0.9, gap_in=0.75)
    at: Any = [-float(i) for i in range(len(names))]
    values = [1e3 * parts[n] for n in names]
    left.barh(at, values, 0.62, color=BLUE, alpha=0.9)
    for y, value in zip(at, values):
        beside(left, value, y, percent(value / max(1e-12, 1e3 * p.step_s), 0))
    left.set_xlim(0, max(values) * 1.45)
    name_rows(left, at, names, 12)
    name_axes(left, "ms a step", "")
    dense = p.flops / max(p.moved, 1.0)
    ridge = p.peak_flops / p.peak_bytes
    x = np.geomspace(min(dense or ridge, ridge) / 10, max(dense, ridge) * 10, 50)
    right.plot(x, np.minimum(p.peak_flops, x * p.peak_bytes) / 1e9, color=GREEN)
    if p.flops > 0:
        right.plot([dense], [p.flops / p.busy_s / 1e9], "o", color=BLUE)
    right.set_xscale("log")
    right.set_yscale("log")
    right.minorticks_off()
    right.set_ylim(p.flops / p.busy_s / 5e9 if p.flops else None, p.peak_flops / 3e8)
    right.xaxis.set_major_formatter(number)
    right.yaxis.set_major_formatter(number)
    name_axes(right, "FLOP a byte moved", "GFLOP a second")
    return picture
