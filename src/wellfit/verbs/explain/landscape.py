"""Landscape: the loss about the weights that were found: slices, a map, the way there, and how sharply it bends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import wide_range
from wellfit.nouns.data import Split
from wellfit.nouns.drawing import INK, MUTED, SERIES, name_axes, sheet, tick
from wellfit.nouns.errors import DataError, NetworkError
from wellfit.nouns.explained import Part
from wellfit.nouns.look import Look
from wellfit.nouns.shown import spread
from wellfit.nouns.units import figure, many, percent
from wellfit.verbs.explain.surface import along, filter_normalised, on_plane, put, top_eigenvalues, weights_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS, SHARP_ROWS, REACH, SLICE, MAP, LINES, WAY = 384, 128, 1.0, 25, 13, 2, 21
WORK, LEAST = 8e8, 8  # multiply-adds of one loss, of some 270: fewer rows of a large network, but these at least
BENDS = 12  # points of the way at which its sharpness is measured


def landscape(look: Look) -> Part:
    """The loss along random directions as long as the filters, on a map of two of them, along the way of the training
    where its points are given, and between two runs; the largest eigenvalues of its Hessian. Raises DataError without
    data, NetworkError where the two runs' weights differ in shape."""
    data = look.having("the loss landscape")
    if look.loss is None:
        raise DataError(f"the loss of {look.name}", "no loss is known", "name a run of `wellfit fit`")
    rows = affordable(look)
    losses = {"training": of(look, data.train, rows), "validation": of(look, look.part(), rows)}
    start, charts, facts, arrays = weights_of(look.network), [], {}, {}
    steps = np.linspace(-REACH, REACH, SLICE)
    slices = [_slice(look, losses, start, steps, look.seed + k) for k in range(LINES)]
    arrays |= {"slice_steps": steps, "slices": np.array([[s[k] for k in losses] for s in slices])}
    charts.append(slice_chart(steps, slices))
    grid = np.linspace(-REACH, REACH, MAP)
    two = [filter_normalised(start, look.seed + k) for k in range(2)]
    at = [(a, b) for b in grid for a in grid]
    arrays["map"] = along(look.network, losses["training"], start, two, at).reshape(MAP, MAP)
    charts.append(map_chart(grid, arrays["map"]))
    sharp = top_eigenvalues(look.network, of(look, data.train, min(rows, SHARP_ROWS)), seed=look.seed)
    facts |= {"eigenvalues": sharp.tolist(), "loss": float(slices[0]["training"][SLICE // 2])}
    line = f"largest Hessian eigenvalue {figure(float(sharp[0]))}" if np.isfinite(sharp[0]) else "no second slope"
    if look.path:
        for chart, more in (
            way(look, losses["training"]),
            bends(look, of(look, data.train, min(rows, SHARP_ROWS))),
        ):
            charts.append(chart)
            arrays |= more
    if look.against is not None:
        chart, arrays["between"], said = between(look, losses)
        charts.append(chart)
        line += f"; {said}"
    rise = float(np.mean([s["training"][[SLICE // 4, -1 - SLICE // 4]].mean() for s in slices])) - facts["loss"]
    facts["rise_half"] = rise
    line = f"the loss rises by {figure(rise)} half a filter's length away; {line}"
    lead = (
        f"The loss of {min(rows, len(data.train))} training rows (without augmentation, in evaluation mode) as the weights"
        " leave what training found, in random directions in which each filter moves by its own length (1 on the axis), so"
        " that networks of other scales can be compared (Li et al. 2018). Steep walls near the middle mean that the"
        f" answer hangs on exact weights. Largest eigenvalues of the Hessian: {', '.join(figure(float(v)) for v in sharp)}."
    )
    return Part("landscape", "The loss about the weights", line, lead, tuple(charts), facts, arrays)


def affordable(look: Look) -> int:
    """Rows that a loss is taken over: fewer the more a row costs."""
    return int(np.clip(WORK // max(1, look.cost), LEAST, ROWS))


def of(look: Look, split: Split, most: int) -> Callable[[], Tensor]:
    """The loss of some rows of a split, as a function of nothing."""
    some = spread(len(split), most)
    x, y = split.x[some].to(look.device), split.y[some].to(look.device)
    loss = look.loss
    if loss is None:
        raise DataError(f"the loss of {look.name}", "no loss is known", "name a run of `wellfit fit`")
    return lambda: loss(look.network(x), y)


def _slice(look: Look, losses: dict, start: list[Tensor], steps: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    one = [filter_normalised(start, seed)]
    return {k: along(look.network, f, start, one, [(s,) for s in steps]) for k, f in losses.items()}


def slice_chart(steps: np.ndarray, slices: list[dict[str, np.ndarray]]) -> Chart:
    """The loss along random directions."""
    middle = slices[0]["training"][len(steps) // 2]
    ends = max(float(s["training"][[0, -1]].max()) for s in slices)
    caption = (
        f"The loss along {many(len(slices), 'random direction')}, of training and validation rows: {figure(float(middle))} at"
        f" the weights that were found, up to {figure(ends)} a filter's length away."
    )
    return Chart("Slices of the loss", caption, lambda: _draw_slices(steps, slices))


def _draw_slices(steps: np.ndarray, slices: list[dict[str, np.ndarray]]) -> Figure:
    picture, (ax,) = sheet(2.6)
    for n, one in enumerate(slices):
        for k, (word, values) in enumerate(one.items()):
            ax.plot(
                steps,
                np.clip(values, 1e-12, None),
                color=SERIES[k],
                linestyle=("-", "--")[n % 2],
                label=word if n == 0 else None,
            )
    tick(ax, log=wide_range(*(v for one in slices for v in one.values()), times=5))
    ax.legend(fontsize=7)
    name_axes(ax, "distance, in lengths of the filters (solid, dashed: two directions)", "loss")
    return picture


def map_chart(grid: np.ndarray, values: np.ndarray) -> Chart:
    """The loss over two random directions."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    at = np.unravel_index(int(np.nanargmin(values)), values.shape)
    caption = (
        f"The training loss over two random directions: from {figure(low)}, at {grid[at[1]]:.2g}, {grid[at[0]]:.2g}, to"
        f" {figure(high)}; the cross is what training found. Colours by logarithm."
    )
    return Chart("A map of the loss", caption, lambda: _draw_map(grid, grid, values, None))


def _draw_map(x: np.ndarray, y: np.ndarray, values: np.ndarray, path: np.ndarray | None) -> Figure:
    from matplotlib.colors import LogNorm

    picture, (ax,) = sheet(3.3, right_in=0.75)
    held = np.clip(np.nan_to_num(values, posinf=np.nanmax(values[np.isfinite(values)], initial=1e-12)), 1e-12, None)
    top = held.max() if held.max() > held.min() else held.min() * 1.01
    drawn = ax.contourf(
        x, y, held, levels=np.geomspace(held.min(), top, 15), norm=LogNorm(held.min(), top), cmap="viridis"
    )
    if path is None:
        ax.plot(0, 0, "+", color="#fffffe", markersize=9)
    else:
        ax.plot(path[:, 0], path[:, 1], color="#fffffe", marker="o", markersize=3, linewidth=1)
        ax.plot(*path[-1], "+", color="#d55e00", markersize=10, markeredgewidth=2)
    tick(ax)
    ax.grid(False)
    name_axes(ax, "first direction", "second direction")
    bar = picture.add_axes((0.84, 0.14, 0.03, 0.75))
    digits = 2 + max(0, round(-np.log10((top - held.min()) / top)))  # neighbouring levels told apart
    picture.colorbar(drawn, cax=bar, format=lambda v, _: figure(v, digits))
    bar.tick_params(labelsize=7, length=2)
    bar.set_title("loss", fontsize=7, color=INK)
    bar.grid(False)
    return picture


def way(look: Look, loss: Callable[[], Tensor]) -> tuple[Chart, dict[str, np.ndarray]]:
    """The optimizer's way, on the plane of its principal axes, over the loss there."""
    directions, places, share = on_plane([[w.to(look.device) for w in point] for point in look.path])
    low, high = places.min(0), places.max(0)
    room = 0.25 * np.maximum(high - low, 1e-6)
    x, y = (np.linspace(low[k] - room[k], high[k] + room[k], MAP) for k in range(2))
    start = [w.to(look.device) for w in look.path[-1]]
    values = along(look.network, loss, start, directions, [(a, b) for b in y for a in x]).reshape(MAP, MAP)
    caption = (
        f"The way of the weights from the first to the last of {len(places)} points, one an epoch (white, the cross is"
        f" the end), on the plane of its two principal axes, which hold {percent(float(share.sum()), 0)} of"
        " it, over the training loss there."
    )
    chart = Chart("The way of the training", caption, lambda: _draw_map(x, y, values, places))
    return chart, {"way": places, "way_map": values, "way_x": x, "way_y": y, "way_share": share}


def bends(look: Look, loss: Callable[[], Tensor]) -> tuple[Chart, dict[str, np.ndarray]]:
    """The largest eigenvalue of the Hessian at points of the way of the training."""
    at = spread(len(look.path) - 1, BENDS).numpy()  # the last point is the kept one again
    before, sharp = weights_of(look.network), []
    try:
        for k in at:
            put(look.network, [w.to(look.device) for w in look.path[k]])
            sharp.append(float(top_eigenvalues(look.network, loss, 1, seed=look.seed)[0]))
    finally:
        put(look.network, before)
    values = np.array(sharp)
    caption = (
        f"The largest eigenvalue of the loss's Hessian by Lanczos, from the first weights ({figure(values[0])}) to those"
        f" after the last epoch ({figure(values[-1])}). A rate above 2 over it makes plain gradient descent leave the valley."
    )
    chart = Chart("How sharply the loss bends on the way", caption, lambda: _draw_bends(at, values))
    return chart, {"bend_epochs": at, "bends": values}


def _draw_bends(at: np.ndarray, values: np.ndarray) -> Figure:
    picture, (ax,) = sheet(2.4)
    ax.plot(at, values, color=SERIES[0], marker="o", markersize=3)
    tick(ax, log=wide_range(values), whole_x=True)
    name_axes(ax, "epoch", "largest eigenvalue")
    return picture


def between(look: Look, losses: dict[str, Callable[[], Tensor]]) -> tuple[Chart, np.ndarray, str]:
    """The loss on the straight way from this run's weights to the other's (mode connectivity)."""
    name, other = look.against or ("", look.network)
    start, end = weights_of(look.network, statistics=True), weights_of(other, statistics=True)
    if [w.shape for w in start] != [w.shape for w in end]:
        found = f"{name} has {len(end)} parameters of other shapes than the {len(start)} here"
        raise NetworkError(f"the way from {look.name} to {name}", found, "name a run with the same network")
    far = [[e.to(s) - s for s, e in zip(start, end)]]
    steps = np.linspace(0, 1, WAY)
    values = np.array([along(look.network, f, start, far, [(s,) for s in steps]) for f in losses.values()])
    wall = float(values[0].max() - values[0][[0, -1]].max())
    said = f"a wall of {figure(wall)} on the straight way to {name}" if wall > 0 else f"no wall on the way to {name}"
    caption = (
        f"The loss of training and validation rows on the straight way from this run (0) to {name} (1): {said}. What batch"
        " norms keep of the data goes along."
    )
    return Chart("From one run to another", caption, lambda: _draw_between(steps, values, list(losses))), values, said


def _draw_between(steps: np.ndarray, values: np.ndarray, names: list[str]) -> Figure:
    picture, (ax,) = sheet(2.4)
    for k, (word, line) in enumerate(zip(names, values)):
        ax.plot(steps, line, color=SERIES[k], label=word)
    ax.axvline(0, color=MUTED, linewidth=0.6)
    tick(ax)
    ax.legend(fontsize=7)
    name_axes(ax, "from this run (0) to the other (1)", "loss")
    return picture
