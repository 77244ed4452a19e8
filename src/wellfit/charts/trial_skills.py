"""The doctor's trials: skill on held-out batches of every change that was tried, with its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, GREEN, INK, MUTED, VERMILION, beside, name_axes, name_rows, sheet
from wellfit.nouns.opinion import SCALE, Attempt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "doctor", 20
MOST = 14


def trial_skills(
    attempts: Sequence[Attempt], script_skill: float | None = None, skill_scale: str = SCALE
) -> Chart | None:
    """attempts: the controls, then the changes, the best first; script_skill: where the script itself ended;
    skill_scale: what the skills are, in words."""
    rows = [a for a in attempts if np.isfinite(a.skill)][:MOST]
    if not rows:
        return None
    if script_skill is not None and np.isfinite(script_skill):
        rows = [Attempt("the script, where it ended", (float(script_skill),)), *rows]
    best = max(rows, key=lambda a: a.skill)
    caption = f"{skill_scale[:1].upper()}{skill_scale[1:]}: {best.words} reaches {best.skill:.2f}"
    caption += f", {rows[0].words} {rows[0].skill:.2f}." if rows[0] is not best else "."
    hidden = len([a for a in attempts if np.isfinite(a.skill)]) - MOST
    caption += f" Dots: single seeds.{f' {hidden} more changes did less.' if hidden > 0 else ''}"
    return Chart("What was tried, and what it gave", caption, lambda: _draw(rows))


def _draw(rows: Sequence[Attempt]) -> Figure:
    picture, (ax,) = sheet(0.75 + 0.19 * len(rows), left_in=1.85, right_in=0.4)
    at = [-float(n) for n in range(len(rows))]
    for y, a in zip(at, rows):
        colour = {"": BLUE, "no help": MUTED}.get(a.verdict, GREEN)
        ax.barh(y, a.skill, 0.62, color=VERMILION if y == 0 else colour, alpha=0.55 if a.verdict == "no help" else 0.9)
        if len(a.skills) > 1:
            ax.plot(a.skills, [y] * len(a.skills), "o", color=INK, markersize=2.5)
        beside(ax, max(0.0, *a.skills, a.skill), y, f"{a.skill:.2f}".replace("-", "−"))
    low = min(0.0, *(a.skill for a in rows))
    ax.set_xlim(low, 1.0)
    ax.grid(False)
    ax.axvline(0, color=MUTED, linewidth=0.7)
    ax.set_xticks([0, 0.5, 1])
    name_rows(ax, at, [a.words for a in rows], 34)
    name_axes(ax, "skill", "")
    return picture
