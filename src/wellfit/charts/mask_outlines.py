"""Masks over pictures: where the answer and the truth run, in the worst and the best test pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.drawing import BLUE, INK, MUTED, ORANGE, WIDTH_IN, sheet, short
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 5
ACROSS, MOST_SIDE, LEVELS = 3, 150, 24
MISSED, ADDED, BOTH = ORANGE, BLUE, "#009e73"


def mask_outlines(
    mask_pictures: np.ndarray,
    mask_truth: np.ndarray,
    mask_said: np.ndarray,
    mask_dice: np.ndarray,
    mask_names: np.ndarray,
) -> Chart | None:
    """mask_pictures [S, C, H, W] in 0..1 (NaN beyond a picture); mask_truth, mask_said [S, H, W] codes, -1 beyond a
    picture, -100 where not asked; mask_dice [S]; mask_names [S]: the worst first, the best last."""
    if not len(mask_dice):
        return None
    n = len(mask_dice)
    worst, best = float(np.nanmin(mask_dice)), float(np.nanmax(mask_dice))
    if not np.isfinite([worst, best]).all():
        return None
    caption = (
        f"{n} test pictures, those with the lowest Dice first ({figure(worst)}) and the highest last ({figure(best)}). "
        "Outlines of the true masks are orange, of the answers blue, and green where both run."
    )
    pictures = [_outlined(*one) for one in zip(mask_pictures, mask_truth, mask_said)]
    labels = [(short(str(name).rpartition("/")[2], 20), float(dice)) for name, dice in zip(mask_names, mask_dice)]
    return Chart("Masks over pictures", caption, lambda: _draw(pictures, labels))


def _outlined(picture: np.ndarray, truth: np.ndarray, said: np.ndarray) -> np.ndarray:
    """[h, w, 3] in 0..1: the picture, paled, with both outlines, brought to MOST_SIDE cells at most."""
    from matplotlib.colors import to_rgb

    there = truth != -1
    high, wide = max(int(there.any(1).sum()), 1), max(int(there.any(0).sum()), 1)
    step = max(1, -(-max(high, wide) // MOST_SIDE))
    x = np.nan_to_num(picture[:, :high:step, :wide:step].astype(float)).clip(0, 1)
    x = np.sqrt(x[:3] if len(x) >= 3 else np.repeat(x[:1], 3, 0))  # brighter: what is faint shows
    canvas = np.moveaxis(np.round(x * LEVELS) / LEVELS, 0, -1).copy()
    true, answer = (_outline(codes[:high:step, :wide:step]) for codes in (truth, said))
    for where, colour in ((true & ~answer, MISSED), (answer & ~true, ADDED), (true & answer, BOTH)):
        canvas[where] = to_rgb(colour)
    return canvas


def _outline(codes: np.ndarray) -> np.ndarray:
    """bool [h, w]: cells with a neighbour of another, smaller code: the inner border of what is drawn on a ground."""
    found = np.zeros(codes.shape, dtype=bool)
    for axis in (0, 1):
        for way in (1, -1):
            beside = np.roll(codes, way, axis)
            edge = [slice(None)] * 2
            edge[axis] = slice(0, 1) if way == 1 else slice(-1, None)
            beside[tuple(edge)] = codes[tuple(edge)]
            found |= (codes > beside) & (beside >= 0)
    return found


def _draw(pictures: list[np.ndarray], labels: list[tuple[str, float]]) -> Figure:
    across = min(len(pictures), ACROSS)
    rows = -(-len(pictures) // across)
    gap = 0.34  # room for two lines of words under each
    side = (WIDTH_IN - 0.04 - gap * (across - 1)) / across
    high = rows * (side + gap) + 0.1
    drawn, axes = sheet(high, rows, across, left_in=0.02, right_in=0.02, top_in=0.05, bottom_in=gap, gap_in=gap)
    for ax, one, (name, dice) in zip(axes, pictures, labels):
        ax.imshow(one, interpolation="nearest")
        ax.set_xlabel(f"{name}\nDice {figure(dice)}", color=INK, fontsize=6.2, parse_math=False, labelpad=2)
    for ax in axes:
        ax.grid(False)
        ax.set_xticks([])
        ax.set_yticks([])
        for spine in ax.spines.values():
            spine.set_color(MUTED)
            spine.set_visible(False)
    for ax in axes[len(pictures) :]:
        ax.set_axis_off()
    return drawn
