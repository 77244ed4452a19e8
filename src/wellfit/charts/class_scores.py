"""How well each class is found, with its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.answers import class_answers, label_answers
from wellfit.nouns.answers import confusion as counted
from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, ORANGE, name_axes, name_rows, sheet, short, tick
from wellfit.nouns.scores import wilson
from wellfit.nouns.units import count, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 30
MOST = 20


def class_scores(
    task: str, test_truth: np.ndarray, test_outputs: np.ndarray, classes: Sequence[str] = ()
) -> Chart | None:
    """Recall (share of a class that is found) with its 95 % Wilson interval, and precision (share of what is called so
    that is so), by class; the 20 lowest in recall where there are more."""
    counts = _counts(task, test_truth, test_outputs)
    if counts is None or not (counts[1] > 0).any():
        return None
    hits, there, said = counts
    recall = hits / np.maximum(there, 1)
    known = np.flatnonzero(there > 0)
    ranked = known[np.argsort(recall[known], kind="stable")]
    names = [str(classes[k]) if k < len(classes) else f"class {k}" for k in range(len(hits))]
    low, high = ranked[0], ranked[-1]
    lowest = f"{percent(float(recall[low]))} (“{names[low]}”, {count(int(there[low]))} examples)"
    caption = f"Recall from {lowest} to {percent(float(recall[high]))} (“{names[high]}”)."
    shown = ranked[:MOST] if len(known) > MOST else known
    caption += f" The {MOST} lowest of {len(known)} classes." if len(known) > MOST else ""
    caption += " Dots: recall with its 95 % interval; diamonds: precision."
    return Chart(
        "Recall and precision by class",
        caption,
        lambda: _draw(hits[shown], there[shown], said[shown], [names[k] for k in shown]),
    )


def _counts(task: str, truth: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Of each class [C]: found, there, said."""
    if task == "classification" and (answers := class_answers(truth, outputs)) is not None:
        matrix = counted(answers)
        return np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    if task == "multilabel" and (pair := label_answers(truth, outputs)) is not None:
        there, said = pair[0] > 0.5, pair[1] > 0.5
        return (there & said).sum(axis=0), there.sum(axis=0), said.sum(axis=0)
    return None


def _draw(hits: np.ndarray, there: np.ndarray, said: np.ndarray, names: Sequence[str]) -> Figure:
    wide = max(len(short(c, 18)) for c in names)
    picture, (ax,) = sheet(0.75 + 0.2 * max(len(names), 3), left_in=min(0.3 + wide * 0.062, 1.4), right_in=0.2)
    ax.grid(False)
    ax.xaxis.grid(True)
    rows, ends = np.arange(len(names))[::-1], [1.0]
    for row, hit, n, called in zip(rows, hits, there, said):
        low, high = wilson(hit, n)
        ends.append(low)
        ax.plot([low, high], [row, row], color=BLUE, linewidth=4, alpha=0.3, solid_capstyle="butt")
        ax.plot(hit / n, row, "o", color=BLUE, markersize=5)
        if called:
            ends.append(hit / called)
            ax.plot(hit / called, row, "D", markerfacecolor="none", markeredgecolor=ORANGE, markersize=5)
    ax.set_xlim(max(0.0, min(ends) - 0.03) if min(ends) > 0.2 else -0.02, 1.02)
    ax.set_ylim(-0.7, len(names) - 0.3)
    tick(ax)
    name_rows(ax, rows, names)
    name_axes(ax, "share of test examples", "class")
    return picture
