"""Past steps of a series: how much each mattered, on the whole and for single windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import INK, MUTED, SERIES, name_axes, sheet, tick
from wellfit.nouns.look import Look
from wellfit.nouns.shown import spread
from wellfit.nouns.units import figure, many, percent
from wellfit.verbs.explain.attributed import Explained, named, of_unit, unit_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WINDOWS = 3  # shown one by one


def _names(look: Look) -> list[str]:
    known, wide = list(look.having("series").preparation.names), look.shape_in[0]
    return known if len(known) == wide else [f"variable {i}" for i in range(wide)]


def _step(look: Look) -> str:
    """How long a step is: "1 month", "step" where that is not known."""
    return str(look.having("series").facts.get("step") or "step").removeprefix("1 ")


def steps(look: Look, found: Explained) -> Chart:
    """How much each past step mattered: the mean size of its parts, variable by variable."""
    factor, unit = unit_of(look)
    m, length = found.methods[0], look.shape_in[1]
    sizes = m.parts.abs().mean(0).cpu().numpy() * factor
    names = _names(look)
    at = np.unravel_index(int(sizes.argmax()), sizes.shape)
    latest = max(1, length // 4)
    share = percent(float(sizes[:, -latest:].sum() / max(sizes.sum(), 1e-30)), 0)
    caption = (
        f"The mean size of what each past step adds to or takes from the forecast (its mean over the steps ahead), over"
        f" {many(len(found.x), 'window')}, by {named(m)}. The step that mattered most lies {length - int(at[1])} before the"
        f" forecast begins{f', of {names[at[0]]}' if len(names) > 1 else ''} ({figure(float(sizes.max()))}{of_unit(unit)}); the"
        f" last {latest} of {length} steps hold {share} of it."
    )
    return Chart("Which past steps mattered", caption, lambda: _draw_steps(sizes, names, unit, _step(look)))


def _draw_steps(sizes: np.ndarray, names: list[str], unit: str, step: str) -> Figure:
    picture, (ax,) = sheet(2.5)
    before = -np.arange(sizes.shape[1], 0, -1)
    order = np.argsort(-sizes.sum(1))[: len(SERIES)]
    for n, c in enumerate(order):
        ax.plot(before, sizes[c], color=SERIES[n], label=names[c])
    ax.set_ylim(bottom=0)
    tick(ax, whole_x=True)
    if len(order) > 1:
        ax.legend(fontsize=7, loc="upper left")
    name_axes(ax, f"before the forecast begins, in steps of {step}", f"size of the part{f' ({unit})' if unit else ''}")
    return picture


def windows(look: Look, found: Explained) -> Chart:
    """Some windows with what each of their steps does for the forecast, of the variable that did most."""
    factor, unit = unit_of(look)
    m, data = found.methods[0], look.having("series")
    some = spread(len(found.x), WINDOWS).tolist()
    parts = m.parts[some].cpu().numpy() * factor
    most = int(np.abs(parts).sum((0, 2)).argmax())
    past = (found.x[some] - found.baseline).cpu().numpy()[:, most]
    said = data.preparation.back(found.outputs[some])[:, 0].mean(-1)
    titles = [f"row {found.rows[k]}: forecast {figure(float(v))}{of_unit(unit)}" for k, v in zip(some, said)]
    names = _names(look)
    caption = (
        f"{many(len(some), 'window')}{f', of {names[most]}' if len(names) > 1 else ''}: what each past step adds to the"
        f" forecast's mean (blue) or takes from it (orange), by {named(m)}; in grey the window itself less the average one, on"
        " a scale of its own."
    )
    return Chart("Window by window", caption, lambda: _draw_windows(parts[:, most], past, titles, unit, _step(look)))


def _draw_windows(parts: np.ndarray, past: np.ndarray, titles: list[str], unit: str, step: str) -> Figure:
    picture, axes = sheet(0.75 + 1.25 * len(parts), len(parts), 1, gap_in=0.4)
    before = -np.arange(parts.shape[1], 0, -1)
    top = float(np.abs(parts).max()) or 1.0
    for ax, part, line, title in zip(axes, parts, past, titles):
        ax.plot(before, line / (float(np.abs(line).max()) or 1.0) * top, color=MUTED, linewidth=1)
        ax.bar(before, part, color=[SERIES[0] if v >= 0 else SERIES[1] for v in part], width=0.8)
        ax.axhline(0, color=MUTED, linewidth=0.7)
        ax.set_ylim(-1.08 * top, 1.08 * top)
        tick(ax, ticks=3, whole_x=True)
        ax.set_title(title, fontsize=8, loc="right", pad=3, color=INK)
        name_axes(ax, "", f"part ({unit})" if unit else "part")
        if ax is not axes[-1]:
            ax.tick_params(labelbottom=False)
    axes[-1].set_xlabel(f"before the forecast begins, in steps of {step}", parse_math=False)
    return picture
