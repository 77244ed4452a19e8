"""Does a probability of 0.8 come true eight times in ten?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.answers import class_answers, label_answers
from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, INK, MUTED, name_axes, sheet, tick
from wellfit.nouns.scores import wilson
from wellfit.nouns.units import count, figure, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 20
BINS = 15  # as in Guo et al. 2017


def calibration(task: str, test_truth: np.ndarray, test_outputs: np.ndarray) -> Chart | None:
    """Reliability diagram and expected calibration error (Guo et al. 2017, 15 equal bins) of the class said, or of
    every label of a multi-label task."""
    stated, came_true = _pairs(task, test_truth, test_outputs)
    if not len(stated):
        return None
    n, mean, hit = _binned(stated, came_true)
    ece = float(np.sum(n * np.abs(hit - mean)) / n.sum())
    lean = float(stated.mean() - came_true.mean())
    caption = f"Expected calibration error {figure(ece)} over {count(len(stated))} answers in {BINS} bins: "
    caption += f"probabilities are off by {percent(ece)} on average."
    if abs(lean) > 0.005:
        caption += f" They are too {'confident' if lean > 0 else 'timid'} by {percent(abs(lean))}."
    caption += " Bars: 95 % intervals; below: how many answers stand at each probability."
    return Chart("Reliability of the probabilities", caption, lambda: _draw(n, mean, hit))


def _pairs(task: str, truth: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Stated probabilities [M] and whether each came true [M]."""
    if task == "classification" and (answers := class_answers(truth, outputs)) is not None:
        return answers.confidence, answers.right.astype(float)
    if task == "multilabel" and (pair := label_answers(truth, outputs)) is not None:
        return pair[1].reshape(-1), pair[0].reshape(-1)
    return np.zeros(0), np.zeros(0)


def _binned(stated: np.ndarray, came_true: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number, mean stated probability and share that came true, of each bin that holds any."""
    bins = np.clip((stated * BINS).astype(int), 0, BINS - 1)
    n = np.bincount(bins, minlength=BINS)
    held = n > 0
    mean, hit = (np.bincount(bins, weights=v, minlength=BINS)[held] / n[held] for v in (stated, came_true))
    return n[held], mean, hit


def _draw(n: np.ndarray, mean: np.ndarray, hit: np.ndarray) -> Figure:
    picture, (ax, below) = sheet(3.3, rows=2, gap_in=0.3)
    top, bottom = ax.get_position(), below.get_position()
    share = 0.24 * (top.height + bottom.height)
    ax.set_position(
        (top.x0, top.y1 - (top.height + bottom.height - share), top.width, top.height + bottom.height - share)
    )
    below.set_position((bottom.x0, bottom.y0, bottom.width, share))
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    for stated, share_true, size in zip(mean, hit, n):
        ax.plot([stated] * 2, wilson(share_true * size, size), color=BLUE, linewidth=1.2, alpha=0.6)
    ax.plot(mean, hit, "o", color=BLUE, markersize=4.5)
    ax.text(0.03, 0.95, "too timid", va="top", color=MUTED, fontsize=7.5)
    ax.text(0.97, 0.04, "too confident", ha="right", color=MUTED, fontsize=7.5)
    below.bar(mean, n, 0.8 / BINS, color=BLUE, alpha=0.5, linewidth=0)
    for each, most in ((ax, 1.02), (below, None)):
        each.set_xlim(-0.02, 1.02)
        each.set_ylim(0 if most is None else -0.02, most)
        tick(each, ticks=5 if most else 2)
    ax.tick_params(labelbottom=False)
    name_axes(ax, "", "share that came true")
    name_axes(below, "stated probability", "answers")
    below.yaxis.label.set_color(INK)
    return picture
