"""Training and validation loss by epoch: the picture from which most of a training can be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, finite, label_ends, lost, wide_range
from wellfit.nouns.drawing import BLUE, INK, MUTED, VERMILION, name_axes, sheet, tick
from wellfit.nouns.reading import Track
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "training", 10
NAMES = {
    "cross_entropy": "cross-entropy (nats)",
    "binary_cross_entropy": "binary cross-entropy (nats)",
    "mse": "squared error (scaled targets)",
    "mae": "absolute error (scaled targets)",
    "huber": "Huber loss (scaled targets)",
}


def loss_curves(
    train_loss: Track, valid_loss: Track | None = None, valid_loss_se: Track | None = None,
    chance_loss: float | None = None, recipe: Mapping[str, Any] | None = None,
) -> Chart | None:  # fmt: skip
    """Losses by epoch; valid_loss_se: standard errors; chance_loss: the loss of the best constant answer."""
    curves = {"training": (train_loss, BLUE)} | (
        {"validation": (valid_loss, VERMILION)} if valid_loss is not None else {}
    )
    shown = {name: (finite(t), colour) for name, (t, colour) in curves.items() if len(finite(t)[2])}
    chance = float(chance_loss) if isinstance(chance_loss, int | float) and np.isfinite(chance_loss) else None
    caption = _caption(shown, valid_loss_se, chance)
    gone = [
        f"the {name} loss stopped being finite in epoch {t_lost:g}"
        for name, (t, _) in curves.items()
        if (t_lost := lost(t)) is not None
    ]
    if gone:
        text = " and ".join(gone)
        caption = f"{caption} {text[0].upper()}{text[1:]}.".strip()
    if not caption:
        return None
    quantity = NAMES.get(str((recipe or {}).get("training.loss")), "loss")
    ends = [t for _, (track, _) in curves.items() if (t := lost(track)) is not None]
    end = min(ends, default=None)
    return Chart("Training and validation loss", caption, lambda: _draw(shown, valid_loss_se, chance, quantity, end))


def _caption(shown: Mapping[str, Any], se: Track | None, chance: float | None) -> str:
    said = ""
    if "validation" in shown:
        (_, epochs, values), _ = shown["validation"]
        best = int(values.argmin())
        spread = _spread(se, epochs)
        give = f" ± {figure(spread[best], 2)} (standard error)" if spread is not None else ""
        said = f"Validation loss is lowest in epoch {epochs[best]:g} of {epochs[-1]:g}: {figure(values[best])}{give}."
        if "training" in shown:
            (_, at, train), _ = shown["training"]
            there = figure(float(np.interp(epochs[best], at, train)))
            said += f" Training loss is {there} there and {figure(train[-1])} at the end."
        said += " Band: 95 % interval of the validation mean." if spread is not None else ""
    elif "training" in shown:
        (_, epochs, values), _ = shown["training"]
        said = f"Training loss goes from {figure(values[0])} to {figure(values[-1])} in {epochs[-1]:g} epochs."
    return f"{said} The best constant answer costs {figure(chance)} (dotted)." if said and chance is not None else said


def _spread(se: Track | None, epochs: np.ndarray) -> np.ndarray | None:
    """Standard errors at these epochs, or None where there are none."""
    if se is None or not len(finite(se)[2]):
        return None
    return np.interp(epochs, finite(se)[1], finite(se)[2])


def _draw(shown: Mapping[str, Any], se: Track | None, chance: float | None, quantity: str, end: float | None) -> Figure:
    picture, (ax,) = sheet(right_in=0.85)
    for (_, epochs, values), colour in shown.values():
        draw_curve(ax, epochs, values, colour)
    log = wide_range(*(v for (_, _, v), _ in shown.values()))
    if "validation" in shown:
        (_, epochs, values), colour = shown["validation"]
        spread = _spread(se, epochs)
        if spread is not None and len(values) <= 2000:
            low = np.maximum(values - 1.96 * spread, values * 0.2) if log else values - 1.96 * spread
            ax.fill_between(epochs, low, values + 1.96 * spread, color=colour, alpha=0.16, linewidth=0)
        best = int(values.argmin())
        ax.plot([epochs[best]] * 2, [0, 1], ":", transform=ax.get_xaxis_transform(), color=MUTED, linewidth=1)
        ax.plot(epochs[best], values[best], "o", color=colour, markersize=5)
        at = ax.get_xaxis_transform()
        ax.text(epochs[best], 1.03, f"best: epoch {epochs[best]:g}", transform=at, ha="center", color=INK)
    if chance is not None and shown:
        ax.axhline(chance, color=MUTED, linewidth=1, linestyle=(0, (1, 2)))
        at = ax.get_yaxis_transform()
        ax.text(0.995, chance, "constant answer", transform=at, ha="right", va="top", color=MUTED, fontsize=7.5)
    if end is not None:
        ax.axvline(end, color=VERMILION, linewidth=1)
        ax.text(end, 0.5, " not finite ", transform=ax.get_xaxis_transform(), ha="right", color=INK)
    tick(ax, log=log, whole_x=True)
    label_ends(ax, [(float(v[-1]), name, colour) for name, ((_, _, v), colour) in shown.items()])
    name_axes(ax, "epoch", quantity)
    return picture
