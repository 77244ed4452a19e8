"""Layer curves: one quantity of many layers over the training, the picture that all charts of the inside share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import MOST_POINTS, draw_curve, finite, label_ends, lost, wide_range
from wellfit.nouns.drawing import SERIES, name_axes, sheet, short, tick
from wellfit.nouns.reading import Track
from wellfit.nouns.units import count, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Kinds = Sequence[Mapping[str, Any]]
"""Rows of the network's layers in order, each with "name" and "type"."""
RAMP = ("#2a78c2", "#9a6fb0", "#e07f1f")  # from the input to the output, beyond six layers
FEW = 8  # layers that are all named at their curves


def layer_colours(n: int) -> list[str]:
    """A colour for each of n layers: told apart singly up to six, from blue (first) to orange (last) beyond."""
    if n <= len(SERIES):
        return list(SERIES[:n])
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    ramp = LinearSegmentedColormap.from_list("depth", list(RAMP))
    return [to_hex(ramp(i / (n - 1))) for i in range(n)]


def layers_chart(
    layers: Mapping[str, Track] | None, title: str, quantity: str, said: str, *, kinds: Kinds = (), log: bool = True,
    ceiling: float | None = None, also: str = "", mark: Callable[[Axes], None] | None = None,
) -> Chart | None:  # fmt: skip
    """A quantity by layer over the training steps. `said`: what it is, as a subject; `also`: a last sentence;
    `mark`: draws a band or a limit; `ceiling`: the highest y. None where there is nothing finite to draw."""
    if not isinstance(layers, Mapping):
        return None
    named = {_name(name, kinds): track for name, track in _in_order(layers, kinds).items()}
    found = {name: finite(track, positive=log) for name, track in named.items()}
    shown = {name: (steps, values) for name, (steps, _, values) in found.items() if len(steps)}
    if not shown:
        return None
    log = log and wide_range(*(values for _, values in shown.values()), times=8)
    last = {name: float(values[-1]) for name, (_, values) in shown.items()}
    told = {min(last, key=last.__getitem__), max(last, key=last.__getitem__)}
    caption = _caption(said, shown, last, [name for name, track in named.items() if lost(track) is not None])
    return Chart(title, f"{caption} {also}".strip(), lambda: _draw(shown, quantity, log, ceiling, mark, told))


def _in_order(layers: Mapping[str, Track], kinds: Kinds) -> dict[str, Track]:
    """Layers from the input on, where the order is known."""
    place = {row.get("name"): k for k, row in enumerate(kinds) if isinstance(row, Mapping)}
    return dict(sorted(layers.items(), key=lambda item: place.get(item[0], len(place))))


def _name(name: str, kinds: Kinds) -> str:
    """A layer's name, with its kind where the name is but a number: "14 Linear"."""
    kind = next((row.get("type") for row in kinds if isinstance(row, Mapping) and row.get("name") == name), None)
    return f"{name} {kind}" if kind and not re.search(r"[^\W\d_]", name) else name


def _caption(said: str, shown: Mapping[str, Any], last: Mapping[str, float], bad: Sequence[str]) -> str:
    low, high = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    after = count(max(steps[-1] for steps, _ in shown.values()))
    caption = f"{said} of {len(shown)} layer{'s' * (len(shown) > 1)}; at the last measured step ({after}) "
    if last[low] == last[high]:
        caption += f"{figure(last[low])} in {'all' if len(shown) > 1 else low}."
    else:
        caption += f"from {figure(last[low])} in {low} to {figure(last[high])} in {high}."
    if len(shown) > FEW:
        caption += " Blue is near the input, orange near the output."
    if bad:
        names = ", ".join(short(b, 40) for b in bad[:3])
        caption += f" Not finite at times in {names}{' and others' * (len(bad) > 3)}."
    return caption


def _draw(
    shown: Mapping[str, tuple[np.ndarray, np.ndarray]], quantity: str, log: bool, ceiling: float | None,
    mark: Callable[[Axes], None] | None, told: set[str],
) -> Figure:  # fmt: skip
    picture, (ax,) = sheet(right_in=1.0)
    names = list(shown)
    colours = dict(zip(names, layer_colours(len(names))))
    most = max(40, min(MOST_POINTS, 2400 // len(names)))
    for name, (steps, values) in shown.items():
        draw_curve(ax, steps, values, colours[name], most=most, width=1.5 if len(names) <= 6 else 1.0)
    tick(ax, log=log, whole_x=True, ticks=4)
    if not log:
        ax.set_ylim(bottom=0 if min(values.min() for _, values in shown.values()) >= 0 else None)
        if ceiling is not None:
            ax.set_ylim(top=ceiling)
    if mark:
        mark(ax)
    told = set(names) if len(names) <= FEW else told | {names[0], names[-1]}
    label_ends(ax, [(float(shown[n][1][-1]), short(n, 16), colours[n]) for n in names if n in told])
    name_axes(ax, "optimizer step", quantity)
    return picture
