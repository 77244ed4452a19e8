"""How often each class is there, in each split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, beside, name_axes, name_rows, sheet, short, tick
from wellfit.nouns.units import count, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "data", 10
MOST_BARS = 24


def class_frequencies(class_counts: Mapping[str, Sequence[int]], classes: Sequence[str]) -> Chart | None:
    """class_counts: split -> examples [C] of each class, in the order of `classes`."""
    every = {
        split: np.asarray(c, dtype=float) for split, c in class_counts.items() if len(c) == len(classes) and len(c)
    }
    if not every or not sum(c.sum() for c in every.values()):
        return None
    total = np.sum(list(every.values()), axis=0)
    most, least = int(total.argmax()), int(total.argmin())
    fewest, commonest = (f"{count(total[k])} ({percent(total[k] / total.sum())}) of" for k in (least, most))
    caption = f"{count(total.sum())} labels of {len(classes)} classes: "
    if total[least] == total[most]:
        caption += f"{fewest} each."
    else:
        caption += f"from {fewest} “{classes[least]}” to {commonest} “{classes[most]}”."
    absent = [s for s, c in every.items() if (c == 0).any()]
    if absent:
        caption += f" Some classes are missing from {' and '.join(absent)}."
    return Chart("Class frequencies", caption, lambda: _draw(every, total, classes))


def _draw(every: Mapping[str, np.ndarray], total: np.ndarray, classes: Sequence[str]) -> Figure:
    if len(classes) > MOST_BARS:
        return _draw_ranked(total)
    wide = max(len(short(c, 18)) for c in classes)
    picture, (ax,) = sheet(0.75 + 0.2 * max(len(classes), 3), left_in=min(0.3 + wide * 0.062, 1.4), right_in=0.5)
    ax.grid(False)
    ax.xaxis.grid(True)
    start, rows = np.zeros(len(classes)), np.arange(len(classes))[::-1]
    for (_split, counts), strength in zip(every.items(), (1.0, 0.55, 0.25)):
        ax.barh(rows, counts, 0.72, left=start, color=BLUE, alpha=strength, linewidth=0)
        start = start + counts
    for row, n in zip(rows, total):
        beside(ax, n, row, count(n))
    tick(ax, ticks=4, whole_x=True)
    name_rows(ax, rows, classes)
    name_axes(ax, f"examples ({', '.join(every)}: dark to light)", "class")
    return picture


def _draw_ranked(total: np.ndarray) -> Figure:
    picture, (ax,) = sheet()
    ranked = np.sort(total)[::-1]
    ax.fill_between(np.arange(1, len(ranked) + 1), ranked, step="mid", color=BLUE, alpha=0.5, linewidth=0)
    tick(ax, whole_x=True)
    ax.set_ylim(bottom=0)
    name_axes(ax, "class, from most to least frequent", "examples")
    return picture
