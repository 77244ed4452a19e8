"""How the learning rate and the batch size went over the training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellfit.nouns.chart import Chart
from wellfit.nouns.curve import draw_curve, finite, wide_range
from wellfit.nouns.drawing import BLUE, PURPLE, name_axes, number, sheet, tick
from wellfit.nouns.reading import Track
from wellfit.nouns.units import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECTION, ORDER = "training", 30


def schedule(lr: Track, batch_size: Track | None = None) -> Chart | None:
    """lr: learning rate; batch_size: examples a step; both by epoch."""
    _, _, rates = finite(lr)
    if not len(rates):
        return None
    first, high, last = (number(float(f"{v:.3g}")) for v in (rates[0], rates.max(), rates[-1]))
    caption = f"Learning rate {first} in the first epoch, {high} at its highest, {last} in the last."
    sizes = finite(batch_size)[2] if batch_size is not None else rates[:0]
    if len(sizes):
        steady = sizes.min() == sizes.max()
        from_to = f" Examples a step from {count(sizes[0])} to {count(sizes[-1])}."
        caption += f" {count(sizes[0])} examples a step throughout." if steady else from_to
    return Chart("Learning rate and batch size", caption, lambda: _draw(lr, batch_size if len(sizes) else None))


def _draw(lr: Track, batch_size: Track | None) -> Figure:
    both = batch_size is not None
    picture, axes = sheet(2.5, rows=2 if both else 1, gap_in=0.42)
    for ax, track, name, colour in zip(axes, (lr, batch_size), ("learning rate", "examples a step"), (BLUE, PURPLE)):
        if track is None:
            continue
        _, epochs, values = finite(track)
        draw_curve(ax, epochs, values, colour)
        log = wide_range(values)
        tick(ax, log=log, whole_x=True, ticks=3)
        if not log:
            ax.set_ylim(0, values.max() * 1.15 if values.max() > 0 else 1)
        name_axes(ax, "epoch" if ax is axes[-1] else "", name)
    if both:
        axes[0].sharex(axes[1])
        axes[0].tick_params(labelbottom=False)
    return picture
