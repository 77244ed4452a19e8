"""Worst answers, beside what would have been right: pictures with their masks, fields, and windows of a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, INK, MUTED, VERMILION, name_axes, sheet, tick
from wellfit.nouns.explained import Gallery, Tile
from wellfit.nouns.look import Look
from wellfit.nouns.maps import draw_maps, places
from wellfit.nouns.shown import as_picture, example, field_tile, heat
from wellfit.nouns.task import known
from wellfit.nouns.times import label
from wellfit.nouns.units import many
from wellfit.verbs.explain.attributed import unit_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST, DRAWN = 6, 4  # rows of a gallery; windows of a series
TILED = " Pictures are tiles that overlap; what another tile counts is left out of the truth here."
Rows = list[tuple[str, int, str]]
"""(split, place in it, a few words) of each row to show."""


def when(look: Look, part: str, place: int) -> str:
    """What a row is called: of fields the moment they ask for, else its number."""
    split, windows = look.part(part), look.having("times").raw.inputs
    row = int(np.asarray(split.rows)[place])
    if look.way != "fields" or not hasattr(windows, "when"):
        return f"{part} row {row}"
    one: Any = windows[[row]]  # pyright: ignore[reportCallIssue, reportArgumentType]
    return f"{label(one.fields.times.moments(one.when())[0])}, {part}"


def horizon(look: Look) -> int:
    """Rows from one to the next that asks for something else: of series and fields the steps ahead, else 1."""
    fields = look.having("rows").preparation.fields
    if look.way == "fields" and fields is not None:
        return max(1, fields.horizon)
    return look.having("rows").shape_out[-1] if look.way == "series" else 1


def apart(look: Look, part: str, ranked: list[int], most: int) -> list[int]:
    """The first of these places whose answers do not overlap with one that was taken before."""
    rows, far, taken = np.asarray(look.part(part).rows), horizon(look), []
    for i in ranked:
        if all(abs(int(rows[i]) - int(rows[k])) >= far for k in taken):
            taken.append(i)
        if len(taken) == most:
            break
    return taken


def beside_the_truth(look: Look, title: str, rows: Rows) -> Sequence[Gallery | Chart]:
    """The rows with what was said and what was true: of masks and fields a gallery, of a series its windows."""
    if look.way == "series":
        return [_windows(look, title, rows[:DRAWN])]
    if look.way == "masks":
        return [_masks(look, title, rows[:MOST])]
    return [_worst_field(look, rows[0]), _fields(look, title, rows[:MOST])]


def _one(look: Look, part: str, place: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(inputs, answer, truth) of a row, prepared."""
    split = look.part(part)
    return split.x[place], look.outputs(split.x[place : place + 1])[0], split.y[place]


def _masks(look: Look, title: str, rows: Rows) -> Gallery:
    found = []
    for part, place, said in rows:
        x, out, y = _one(look, part, place)
        name, under = when(look, part, place), as_picture(look, x).mean(0)
        answer, there = out.argmax(0), known(y)
        off = torch.where(there & (answer != y), torch.where(y > 0, 1.0, -1.0), 0.0)
        tiles = (
            Tile(example(look, x), f"the picture, {name}"),
            *(
                Tile(
                    heat(torch.where(there, m.clamp_min(0) / max(1, len(out) - 1), 0).numpy(), 1.0, under),
                    f"{w}, {name}",
                )
                for w, m in (("the true mask", y.double()), ("the mask said", answer.double()))
            ),
            Tile(heat(off.numpy(), 1.0, under), f"cells that are wrong, {name}"),
        )
        found.append((f"{name}: {said}", tiles))
    caption = (
        f"{many(len(found), 'picture')}, the worst first. Wrong cells: blue where something was missed, orange where"
        f" there is none.{TILED if look.having('pictures').raw.tiles is not None else ''}"
    )
    return Gallery(title, caption, tuple(found), ("picture", "true", "said", "wrong"))


def _fields(look: Look, title: str, rows: Rows) -> Gallery:
    found = []
    for part, place, said in rows:
        x, out, y = _one(look, part, place)
        name, off = when(look, part, place), out[0] - torch.where(known(y)[0], y[0], out[0])
        most = float(torch.nan_to_num(y[0]).abs().quantile(0.995)) or 1.0
        tiles = (
            Tile(example(look, x), f"the last field seen, {name}"),
            *(
                Tile(field_tile(look, torch.nan_to_num(m), most), f"{w}, {name}")
                for w, m in (("the field that came", y[0]), ("the field said", out[0]), ("said less true", off))
            ),
        )
        found.append((f"{name}: {said}", tiles))
    caption = (
        f"{many(len(found), 'field')} whose answers do not overlap, the worst first, as departures from what is usual: orange"
        " above, blue below; in each row what came, what was said and the error have one scale."
    )
    return Gallery(title, caption, tuple(found), ("last seen", "came", "said", "error"))


def _worst_field(look: Look, row: tuple[str, int, str]) -> Chart:
    part, place, said = row
    _, out, y = _one(look, part, place)
    (factor, unit), grid = unit_of(look), look.having("maps").preparation.fields
    high, wide = out.shape[1:]
    where = (
        places(grid.grid.y, grid.grid.x, grid.grid.to_dict()) if grid else places(np.arange(high), np.arange(wide), {})
    )
    came, answer = np.where(known(y)[0], y[0], np.nan) * factor, out[0].numpy() * factor
    most = float(np.nanquantile(np.abs(came), 0.998)) or 1.0
    parts = [(w, m, -most, most) for w, m in (("came", came), ("said", answer), ("said less true", answer - came))]
    caption = f"The field that was furthest off, {when(look, part, place)} ({said}), as departures from what is usual."
    return Chart("The worst field", caption, lambda: draw_maps(parts, where, unit))


def _windows(look: Look, title: str, rows: Rows) -> Chart:
    unit, data, drawn = unit_of(look)[1], look.having("windows"), []
    name = data.target_names[0]
    names = list(data.preparation.names)
    channel = names.index(name) if name in names else 0
    for part, place, said in rows:
        x, out, y = _one(look, part, place)
        past = data.preparation.scaling.back(x[None].double().numpy()).reshape(1, *x.shape)[0, channel]
        said_, came = (data.preparation.back(v[None])[0, 0] for v in (out, y))
        drawn.append((past, came, said_, f"{when(look, part, place)}: {said}"))
    caption = (
        f"{many(len(drawn), 'window')} of {name}{unit and f' in {unit}'} whose answers do not overlap, the worst first: what"
        " was seen (dark), what came (orange) and what was said (blue)."
    )
    return Chart(title, caption, lambda: _draw_windows(drawn, unit, str(data.facts.get("step") or "step")))


def _draw_windows(drawn: list[tuple[np.ndarray, np.ndarray, np.ndarray, str]], unit: str, step: str) -> Figure:
    picture, axes = sheet(0.75 + 1.2 * len(drawn), len(drawn), 1, gap_in=0.42)
    for ax, (past, came, said, title) in zip(axes, drawn):
        back, ahead = np.arange(1 - len(past), 1), np.arange(1, len(came) + 1)
        mark = "." if len(came) < 16 else ""
        ax.axvline(0.5, color=MUTED, linewidth=0.7, linestyle=(0, (1, 2)))
        ax.plot(back, past, color=INK, linewidth=1)
        ax.plot(ahead, came, color=VERMILION, linewidth=1, marker=mark, markersize=3)
        ax.plot(ahead, said, color=BLUE, linewidth=1.6, marker=mark, markersize=3)
        tick(ax, ticks=3, whole_x=True)
        ax.set_title(title, fontsize=8, loc="right", pad=3, color=INK)
        name_axes(ax, "", unit)
    axes[-1].set_xlabel(f"steps of {step.removeprefix('1 ')}", parse_math=False)
    return picture
