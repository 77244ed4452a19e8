"""What is gained and lost by moving the threshold between two classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.answers import class_answers
from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import MOST_POINTS
from wellfit.nouns.drawing import BLUE, INK, MUTED, name_axes, sheet, short, tick
from wellfit.nouns.units import figure, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 40


def roc(task: str, test_truth: np.ndarray, test_outputs: np.ndarray, classes: Sequence[str] = ()) -> Chart | None:
    """Receiver operating characteristic of the second of two classes."""
    answers = class_answers(test_truth, test_outputs) if task == "classification" else None
    if answers is None or answers.probabilities.shape[1] != 2 or len(np.unique(answers.truth)) < 2:
        return None
    from sklearn.metrics import auc, roc_curve

    false, true, thresholds = roc_curve(answers.truth, answers.probabilities[:, 1])
    name = str(classes[1]) if len(classes) == 2 else "the second class"
    at = int(np.argmin(np.abs(thresholds - 0.5)))
    caption = (
        f"Area under the curve {figure(float(auc(false, true)), 4)}. At the threshold 0.5 (dot), {percent(true[at])} "
    )
    caption += f"of “{name}” are found and {percent(false[at])} of the others are called so."
    return Chart("Receiver operating characteristic", caption, lambda: _draw(false, true, at, name))


def _draw(false: np.ndarray, true: np.ndarray, at: int, name: str) -> Figure:
    picture, (ax,) = sheet(3.0)
    ax.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
    some = np.unique(np.linspace(0, len(false) - 1, MOST_POINTS).round().astype(int))
    ax.plot(false[some], true[some], color=BLUE)
    ax.plot(false[at], true[at], "o", color=BLUE, markersize=5)
    ax.text(false[at], true[at], "   0.5", va="top", color=INK)
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    tick(ax)
    name_axes(ax, "false alarms, share of the others", f"found, share of “{short(name, 30)}”")
    return picture
