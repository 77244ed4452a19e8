"""Figures of an attribution's trust checks: a table, the map as layers are drawn anew, and deletion and insertion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import MUTED, SERIES, name_axes, sheet, tick
from wellfit.nouns.explained import Listing
from wellfit.nouns.look import Look
from wellfit.nouns.units import percent
from wellfit.verbs.explain.attributed import Attributed, Explained, named

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def trusted(found: Explained) -> Listing:
    """Each method's checks in figures."""
    rows = []
    for m in found.methods:
        c = m.curves
        rows.append((
            named(m),
            "–" if m.error is None else missed(m.error),
            " / ".join(signed(v) for v in m.randomised[-1][1:]) if m.randomised else "–",
            f"{signed(float(c.deleted.mean()))} ({signed(float(c.deleted_random.mean()))})",
            f"{signed(float(c.inserted.mean()))} ({signed(float(c.inserted_random.mean()))})",
        ))  # fmt: skip
    near = (
        " An answer about some cells comes from near them whatever the weights, so sizes stay alike: look at the signs."
    )
    caption = (
        "Sum missed: the median error of the sum of all parts, where the method promises one. With random weights: rank"
        " correlation with the map of the same network with all weights drawn anew, of the parts' sizes / with their"
        " signs; a map near 1 does not show what was learnt (methods that multiply with the input keep its outline all"
        f" the same).{near if found.aim.cells is not None else ''} Deletion, insertion: the mean"
        " answer as the cells of the largest parts are taken away (low is good) or"
        " put in (high is good), in brackets in random order."
    )
    head = ("method", "sum missed", "with random weights", "deletion (random)", "insertion (random)")
    return Listing("Can these be trusted?", caption, head, tuple(rows))


def missed(error: float) -> str:
    """A small share in words."""
    return "< 0.01 %" if error < 1e-4 else percent(error, 2 if error < 0.01 else 1)


def signed(value: float) -> str:
    """A correlation, its minus as people write it."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def randomised(found: Explained) -> Chart:
    """Rank correlation as layers are drawn anew, the last first."""
    held = [m for m in found.methods if m.randomised]
    said = "; ".join(f"{named(m)} {signed(m.randomised[-1][1])}" for m in held)
    caption = (
        "Rank correlation of the parts' sizes with those of the trained network as layers are drawn anew, the last layer"
        f" first, each adding to those before: in the end {said}."
    )
    return Chart("Weights drawn anew, layer by layer", caption, lambda: _draw_randomised(held))


def _draw_randomised(held: list[Attributed]) -> Figure:
    picture, (ax,) = sheet(2.6, bottom_in=0.62)
    for n, m in enumerate(held):
        values = [1.0, *(v for _, v, _ in m.randomised)]
        ax.plot(range(len(values)), values, color=SERIES[n % 6], marker="o", markersize=3, label=named(m))
    layers = ["none", *(layer for layer, *_ in held[0].randomised)]
    ax.set_xticks(range(len(layers)), layers, fontsize=7, rotation=20, ha="right", parse_math=False)
    ax.axhline(0, color=MUTED, linewidth=0.7)
    ax.legend(fontsize=7, loc="best")
    name_axes(ax, "", "rank correlation, layers drawn anew down to …")
    return picture


def walks(look: Look, found: Explained) -> Chart:
    """Deletion and insertion curves of every method, with those in random order."""
    data = look.having("curves")
    what = "mean probability of the answer" if data.form == "classes" else "share of the way from baseline to example"
    best = min(found.methods, key=lambda m: float(m.curves.deleted.mean()))
    caption = (
        f"Above, the {what} as cells are taken away in the order of their parts; below, as they are put into the average"
        f" example; dashed, in random order. Fastest to lose the answer: {named(best)}."
    )
    return Chart("Taking away what mattered", caption, lambda: _draw_walks(found, what))


def _draw_walks(found: Explained, what: str) -> Figure:
    picture, axes = sheet(4.8, 2, 1, gap_in=0.85)
    for ax, kind in zip(axes, ("deleted", "inserted")):
        for n, m in enumerate(found.methods):
            ax.plot(100 * m.curves.frac, getattr(m.curves, kind), color=SERIES[n % 6], label=named(m))
        first = found.methods[0].curves
        ax.plot(100 * first.frac, getattr(first, f"{kind}_random"), color=MUTED, linestyle="--", label="random order")
        tick(ax)
        name_axes(ax, f"% of cells {'taken away' if kind == 'deleted' else 'put in'}", what)
    axes[1].legend(fontsize=7, loc="best")
    return picture
