"""How the error of a forecast grows with the number of steps ahead, beside its rival's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, label_ends
from wellfit.nouns.drawing import BLUE, MUTED, name_axes, sheet, tick
from wellfit.nouns.units import figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "test", 20


def forecast_errors(forecast_lead: np.ndarray, baseline: str = "", step: str = "step") -> Chart | None:
    """forecast_lead: standardised MSE [2, H] at each step ahead on the test windows, of the network and of its rival;
    nothing for one step ahead alone."""
    if forecast_lead.shape[-1] < 2 or not np.isfinite(forecast_lead).all(0).any():
        return None
    own, rival = np.asarray(forecast_lead, float)
    ahead = np.flatnonzero(np.isfinite(forecast_lead).all(0))
    first, last = int(ahead[0]), int(ahead[-1])
    better = int((own[ahead] < rival[ahead]).sum())
    caption = (
        f"Mean square error of the test windows, in variances of the training steps: {figure(own[first])} at "
        f"{first + 1} step ahead ({step}), {figure(own[last])} at {last + 1:,}; the rival's {figure(rival[first])} and "
        f"{figure(rival[last])}. The network is better at {better:,} of {len(ahead):,} steps ahead."
    )
    if baseline:
        caption += f" Rival: {baseline}."
    return Chart("Error by steps ahead", caption, lambda: _draw(own, rival, ahead, step))


def _draw(own: np.ndarray, rival: np.ndarray, ahead: np.ndarray, step: str) -> Figure:
    picture, (ax,) = sheet(2.2, right_in=0.75)
    draw_curve(ax, ahead + 1, rival[ahead], MUTED)
    draw_curve(ax, ahead + 1, own[ahead], BLUE)
    ax.set_ylim(0, 1.05 * float(max(own[ahead].max(), rival[ahead].max())) or 1.0)
    label_ends(ax, [(float(own[ahead[-1]]), "network", BLUE), (float(rival[ahead[-1]]), "rival", MUTED)])
    tick(ax, whole_x=True, ticks=4)
    name_axes(ax, f"steps ahead, each {step}", "mean square error (standardised)")
    return picture
