"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.answers import class_answers
from wellfit.nouns.answers import confusion as counted
from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, INK, PAPER, VERMILION, beside, name_axes, name_rows, sheet, short, tick
from wellfit.nouns.units import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 10
MOST_CLASSES, MOST_PAIRS = 20, 15


def confusion(task: str, test_truth: np.ndarray, test_outputs: np.ndarray, classes: Sequence[str] = ()) -> Chart | None:
    """test_truth [N] class indices; test_outputs [N, C] probabilities. Beyond 20 classes: the most confused pairs."""
    answers = class_answers(test_truth, test_outputs) if task == "classification" else None
    if answers is None:
        return None
    matrix = counted(answers)
    names = [str(classes[k]) if k < len(classes) else f"class {k}" for k in range(len(matrix))]
    wrong = matrix - np.diag(np.diag(matrix))
    caption = f"{count(np.trace(matrix))} of {count(matrix.sum())} test examples are named rightly."
    if wrong.any():
        truth, said = np.unravel_index(int(wrong.argmax()), wrong.shape)
        n = wrong[truth, said]
        times = f"{count(n)} of {count(matrix[truth].sum())}"
        caption += f" The commonest mistake: “{names[truth]}” taken for “{names[said]}”, {times}."
    if len(matrix) > MOST_CLASSES:
        if not wrong.any():
            return None
        return Chart(
            "Most confused classes",
            f"{caption} {len(matrix)} classes; the commonest mistakes are shown.",
            lambda: _draw_pairs(wrong, names),
        )
    return Chart(
        "Confusion matrix",
        f"{caption} Shade: share of the row; for mistakes its square root, so that rare ones show.",
        lambda: _draw(matrix, names),
    )


def _draw(matrix: np.ndarray, names: Sequence[str]) -> Figure:
    from matplotlib.patches import Rectangle

    n = len(matrix)
    room = min(0.32 + max(len(short(c, 14)) for c in names) * 0.062, 1.15)
    level = max(len(short(c, 14)) for c in names) * 0.075 < 3.3 / n
    below = 0.45 if level else room + 0.2
    side = min(4.0 - room - 0.1, 0.55 * n + 0.6)
    picture, (ax,) = sheet(
        side + 0.3 + below, left_in=room, right_in=max(4.0 - room - side, 0.05), top_in=0.3, bottom_in=below
    )
    ax.grid(False)
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    for i in range(n):
        for j in range(n):
            if not matrix[i, j]:
                continue
            strength = float(share[i, j]) if i == j else max(0.12, float(share[i, j]) ** 0.5)
            ax.add_patch(
                Rectangle(
                    (j - 0.5, i - 0.5), 1, 1, facecolor=BLUE if i == j else VERMILION, alpha=strength, linewidth=0
                )
            )
            ax.text(
                j,
                i,
                f"{matrix[i, j]:,}",
                ha="center",
                va="center_baseline",
                fontsize=FONTS[n > 12],
                color=PAPER if strength > 0.6 else INK,
            )
    ax.set_xlim(-0.5, n - 0.5)
    ax.set_ylim(n - 0.5, -0.5)
    ax.set_xticks(range(n), [short(c, 14) for c in names], rotation=0 if level else 90, color=INK, parse_math=False)
    name_rows(ax, range(n), names, 14)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    name_axes(ax, "said", "true class")
    return picture


FONTS = {False: 7.5, True: 5.5}


def _draw_pairs(wrong: np.ndarray, names: Sequence[str]) -> Figure:
    order = np.argsort(-wrong, axis=None, kind="stable")[:MOST_PAIRS]
    pairs = [(int(t), int(s), int(wrong[t, s])) for t, s in zip(*np.unravel_index(order, wrong.shape)) if wrong[t, s]]
    picture, (ax,) = sheet(0.8 + 0.2 * max(len(pairs), 3), left_in=1.9, right_in=0.4)
    ax.grid(False)
    rows = np.arange(len(pairs))[::-1]
    ax.barh(rows, [n for *_, n in pairs], 0.7, color=VERMILION, alpha=0.8, linewidth=0)
    for row, (*_, n) in zip(rows, pairs):
        beside(ax, n, row, count(n))
    tick(ax, whole_x=True)
    name_rows(ax, rows, [f"{short(names[t], 14)} → {short(names[s], 14)}" for t, s, _ in pairs], 32)
    name_axes(ax, "test examples", "true class → said")
    return picture
