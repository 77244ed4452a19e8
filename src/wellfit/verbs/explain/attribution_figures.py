"""Figures of an attribution: pictures and bars of columns; past steps and maps are in files beside this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import INK, MUTED, SERIES, name_axes, name_rows, sheet, tick
from wellfit.nouns.explained import Gallery, Listing, Tile
from wellfit.nouns.look import Look
from wellfit.nouns.shown import as_picture, example, heat
from wellfit.nouns.units import figure, many, percent
from wellfit.verbs.explain.attributed import Attributed, Explained, named, of_unit, unit_of
from wellfit.verbs.explain.attribution_maps import maps
from wellfit.verbs.explain.attribution_steps import steps, windows
from wellfit.verbs.explain.trust_figures import randomised, trusted, walks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_BARS, OVERLAID = 15, 24  # columns in a chart; side from which maps are laid over their picture
CONTRAST = "Blue speaks for the answer, orange against it, each map on its own scale."
NOTHING = "nothing speaks for it here"


def figures(look: Look, found: Explained) -> tuple[Chart | Gallery | Listing, ...]:
    """All of them, the examples first."""
    of = {
        "pictures": (pictures,),
        "masks": (pictures,),
        "table": (bars, one_row),
        "series": (steps, windows),
        "fields": (maps,),
    }
    shown = [f(look, found) for f in of.get(look.way, (bars,))]
    return (*shown, trusted(found), randomised(found), walks(look, found))


def pictures(look: Look, found: Explained) -> Gallery:
    """Each example, and beside it each method's map."""
    rows = []
    for k, x in enumerate(found.x.cpu()):
        answer, truth = look.named(int(found.aim.index[k])), _truth(look, found, k)
        under = as_picture(look, x).mean(0) if min(x.shape[1:]) >= OVERLAID else None
        tiles = [Tile(example(look, x), f"the picture, row {found.rows[k]}")]
        if look.way == "masks":
            said = found.outputs[k].argmax(0).numpy() == int(found.aim.index[k])
            tiles.append(Tile(heat(said.astype(float), 1.0, under), f"where the network says {answer}"))
        for m in found.methods:
            seen = m.by_cell(k)
            note = "" if np.abs(seen).max() > 0 else NOTHING
            tiles.append(Tile(heat(seen, under=under), f"{named(m)} for {answer}", note))
        label = f"row {found.rows[k]}: {answer}" if look.way == "masks" else f"says {_said(look, found, k)}"
        rows.append((label + (f" (true: {truth})" if truth and truth != answer else ""), tuple(tiles)))
    head = ("picture", *(["said"] if look.way == "masks" else []), *map(named, found.methods))
    caption = f"{CONTRAST} Integrated gradients and Shapley values add up to the answer, the others do not."
    if any(t.note == NOTHING for _, tiles in rows for t in tiles):
        caption += (
            " Grad-CAM takes one slope for all places of a channel, and shows nothing where these speak against the answer"
            " on the whole: the other methods, which weigh each place by itself, say more there."
        )
    return Gallery("What each answer comes from", caption, tuple(rows), head)


def _truth(look: Look, found: Explained, k: int) -> str:
    return look.named(int(found.y[k])) if found.y.ndim == 1 and not found.y.is_floating_point() else ""


def _names(look: Look) -> list[str]:
    prepared = look.having("columns").preparation
    if prepared.columns and sum(len(c.features) for c in prepared.columns) == look.shape_in[0]:
        return [c.name for c in prepared.columns]
    names = list(prepared.input_names)
    return (
        names
        if len(names) == int(np.prod(look.shape_in))
        else [f"input {i}" for i in range(int(np.prod(look.shape_in)))]
    )


def _by_column(look: Look, method: Attributed) -> np.ndarray:
    """Parts [B, columns]: of a column's codes, added up."""
    parts = method.parts.flatten(1).cpu().numpy()
    prepared = look.having("columns").preparation
    of = [i for i, c in enumerate(prepared.columns) for _ in c.features]
    if len(of) != parts.shape[1]:
        return parts
    total = np.zeros((len(parts), len(prepared.columns)))
    for feature, column in enumerate(of):
        total[:, column] += parts[:, feature]
    return total


def bars(look: Look, found: Explained) -> Chart:
    """How much each column mattered over the rows, by the first method, the others as marks."""
    factor, unit = unit_of(look)
    names = _names(look)
    sizes = {named(m): np.abs(_by_column(look, m) * factor).mean(0) for m in found.methods}
    first = next(iter(sizes))
    order = np.argsort(-sizes[first], kind="stable")[:MOST_BARS]
    top = names[order[0]]
    caption = (
        f"The mean size of what each column adds to or takes from the answer, over {many(len(found.x), 'row')}: bars by"
        f" {first}, marks by the other methods. Most: {top} ({figure(float(sizes[first][order[0]]))}{of_unit(unit)})."
    )
    return Chart(
        "What mattered",
        caption,
        lambda: _draw_bars([names[i] for i in order], {k: v[order] for k, v in sizes.items()}, unit),
    )


def _draw_bars(names: list[str], sizes: dict[str, np.ndarray], unit: str) -> Figure:
    picture, (ax,) = sheet(0.75 + 0.2 * len(names), left_in=1.35, bottom_in=0.62)
    at = np.arange(len(names))[::-1]
    for n, (word, values) in enumerate(sizes.items()):
        if n == 0:
            ax.barh(at, values, color=SERIES[0], height=0.62, label=word)
        else:
            ax.plot(values, at, "o|D"[n % 3], color=SERIES[n], markersize=5, label=word)
    name_rows(ax, at, names, 20)
    ax.grid(True, axis="x")
    ax.grid(False, axis="y")
    tick(ax, ticks=4)
    ax.set_yticks(at)
    name_rows(ax, at, names, 20)
    name_axes(ax, f"mean size of the part ({unit})" if unit else "mean size of the part", "")
    ax.legend(loc="lower right", fontsize=7)
    return picture


def one_row(look: Look, found: Explained) -> Chart:
    """What each column did for the first rows."""
    factor, unit = unit_of(look)
    names, first = _names(look), found.methods[0]
    parts = _by_column(look, first)[:3] * factor
    titles = [f"row {found.rows[k]}: {_said(look, found, k)}" for k in range(len(parts))]
    caption = (
        f"What each column adds (blue) or takes away (orange) for three rows, by {named(first)}; the largest of each."
    )
    return Chart("Three rows", caption, lambda: _draw_rows(names, parts, titles, unit))


def _said(look: Look, found: Explained, k: int) -> str:
    """The answer to an example in words: a class with its probability, a value with its unit."""
    name, data = look.named(int(found.aim.index[k])), look.having("answers")
    if data.form != "values":
        return f"{name}, {percent(float(found.chances[k]), 0)}" if data.form == "classes" else name
    return f"{name} {figure(float(data.preparation.back(found.outputs[k : k + 1]).flat[0]))}{of_unit(unit_of(look)[1])}"


def _draw_rows(names: list[str], parts: np.ndarray, titles: list[str], unit: str) -> Figure:
    most = min(6, len(names))
    picture, axes = sheet(
        0.7 + len(parts) * (0.36 + 0.17 * most), len(parts), 1, left_in=1.35, gap_in=0.36, bottom_in=0.62
    )
    for ax, row, title in zip(axes, parts, titles):
        order = np.argsort(-np.abs(row), kind="stable")[:most]
        at = np.arange(most)[::-1]
        ax.barh(at, row[order], color=[SERIES[0] if v >= 0 else SERIES[1] for v in row[order]], height=0.62)
        ax.axvline(0, color=MUTED, linewidth=0.7)
        tick(ax, ticks=4)
        ax.grid(True, axis="x")
        ax.grid(False, axis="y")
        name_rows(ax, at, [names[i] for i in order], 20)
        ax.set_title(title, fontsize=8, loc="left", pad=3, color=INK)
    name_axes(axes[-1], f"part ({unit})" if unit else "part", "")
    return picture
