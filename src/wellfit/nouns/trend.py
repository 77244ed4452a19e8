"""Trend: what a curve does: how far it fell in each third, how far it ended above its lowest, how rough it is.

Every figure is in the curve's own unit; curves may hold values that are not finite, which are passed over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wellfit.nouns.reading import Track
from wellfit.nouns.units import figure

BLOWN, CLIMBED, ROUGH, ROUGH_VALID = 5.0, 0.1, 0.05, 0.02
"""Limits of unrest. In 200 healthy trainings (docs/verdict.md) the largest were 2.2, 0.001, 0.015 and 0.002."""
STILL_MIDDLE, STILL_LAST, STILL_BOTH, STEEP = 0.03, 0.005, 0.06, 0.02
"""Falls of the validation loss, as shares of chance, that count as still improving."""


def finite(track: Track) -> np.ndarray:
    """The finite values of a track, in order."""
    return track.values[np.isfinite(track.values)]


def broke(track: Track | None) -> int | None:
    """The step of the first value that is not finite, or None."""
    bad = [] if track is None else np.flatnonzero(~np.isfinite(track.values))
    return int(track.steps[bad[0]]) if track is not None and len(bad) else None


def roughness(values: np.ndarray) -> float:
    """Standard deviation of a curve's jitter from one point to the next, whatever its slow course.

    From second differences, whose variance is 6 times that of independent jitter; the median absolute difference
    over 0.6745 stands for their standard deviation, so that a bend or a jump does not count. NaN under 5 values.
    """
    if len(values) < 5:
        return float("nan")
    return float(np.median(np.abs(np.diff(values, 2))) / 0.6745 / np.sqrt(6))


def around(values: np.ndarray, share: float) -> float:
    """The level at a share 0..1 of the curve's length: the mean over a tenth of it around there, at the ends over the
    first or last tenth, three values at least; the value itself where there are under nine."""
    n, half = len(values), max(1, len(values) // 20)
    at = share * (n - 1)
    if n < 9:
        return float(np.interp(at, np.arange(n), values))
    low = int(np.clip(round(at) - half, 0, n - 1 - 2 * half))
    return float(values[low : low + 2 * half + 1].mean())


def falls(values: np.ndarray) -> tuple[float, float]:
    """How far a curve fell in its middle and in its last third; NaN under 3 values."""
    if len(values) < 3:
        return float("nan"), float("nan")
    a, b, c = (around(values, share) for share in (1 / 3, 2 / 3, 1))
    return a - b, b - c


def climb(values: np.ndarray) -> float:
    """How far a curve ended (median of the last tenth, three values at least) above its lowest level before."""
    tail = max(3, len(values) // 10)
    if len(values) < tail + 2:
        return 0.0
    smooth = np.array([np.median(values[max(0, i - 1) : i + 2]) for i in range(len(values) - tail)])
    return max(0.0, float(np.median(values[-tail:]) - smooth.min()))


@dataclass(frozen=True)
class Unrest:
    """How a loss misbehaved: kind "broke", "blew up", "climbed" or "jumps"; value against limit; step; in words."""

    kind: str
    value: float
    limit: float
    step: int
    words: str


def unrest(train_loss: Track, loss: Track | None, chance: float, valid_loss: Track | None = None) -> Unrest | None:
    """The first of: the loss stopped being finite; it blew up to 5 times where it began (or chance); it ended
    above its lowest by a tenth of chance, and the validation loss too; it jumps from epoch to epoch by 5 % of chance,
    and the validation loss by 2 %. (Where the training loss alone climbs or jumps it may be dropout.)"""
    first = float(loss.values[0]) if loss is not None and len(loss) else math.nan
    if loss is not None and len(loss) and not math.isfinite(first):
        return None  # it never was finite: no step can be to blame
    steps = [step for track in (loss, train_loss) if (step := broke(track)) is not None]
    if steps:
        return Unrest("broke", math.nan, math.inf, min(steps), f"the loss stopped being finite by step {min(steps):,}")
    values = train_loss.values
    if not len(values):
        return None
    begin = max(chance, float(values[0]) if math.isnan(first) else first)
    every = [(t, _calm(t.values)) for t in (loss, train_loss) if t is not None and len(t)]
    top, at = max((float(v.max()), int(t.steps[v.argmax()])) for t, v in every)
    if top > BLOWN * begin:
        said = f"the loss rose to {figure(top)}, {figure(top / begin)} times where it began, at step {at:,}"
        return Unrest("blew up", top / begin, BLOWN, at, said)
    last = int(train_loss.steps[-1])
    checked = valid_loss is None or climb(finite(valid_loss)) / chance > CLIMBED
    if checked and (up := climb(values) / chance) > CLIMBED:
        low = figure(float(values.min()))
        said = f"the training loss ended at {figure(values[-1])}, after {low} before: up by {up:.0%} of chance"
        return Unrest("climbed", up, CLIMBED, last, said)
    jumpy = valid_loss is not None and roughness(finite(valid_loss)[len(valid_loss) // 2 :]) / chance > ROUGH_VALID
    if jumpy and (jitter := roughness(values[len(values) // 2 :]) / chance) > ROUGH:
        return Unrest(
            "jumps", jitter, ROUGH, last, f"the training loss jumps by {jitter:.0%} of chance from epoch to epoch"
        )
    return None


def _calm(values: np.ndarray) -> np.ndarray:
    """Medians of three neighbours, so that one odd batch does not count; under three values, the values."""
    if len(values) < 3:
        return values
    inner = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    return np.concatenate([inner[:1], inner, inner[-1:]])


def improving(valid_loss: Track, chance: float, overfitted: bool = False) -> tuple[float, float] | None:
    """(fall in the middle third, fall in the last third), as shares of chance, of a validation loss that was still
    falling when training ended: by 3 % and 0.5 % of chance at least, by 6 % together, and by more than three times
    its jitter; else None.

    Two thirds, since a rate that is brought down at the end lets any loss fall once more. Of an overfitted network
    the last fall has to be 2 % of chance.
    """
    values = finite(valid_loss)
    if len(values) < 3 or len(values) - 1 - int(values.argmin()) > max(1, len(values) // 10):
        return None
    middle, last = (fall / chance for fall in falls(values))
    jitter = np.nan_to_num(roughness(values[len(values) // 3 :])) / chance
    falling = (
        middle > STILL_MIDDLE
        and last > max(STEEP if overfitted else STILL_LAST, 3 * jitter)
        and middle + last > STILL_BOTH
    )
    return (middle, last) if falling else None


def largest_step(update_ratio: Mapping[str, Track] | None, until: int | None = None) -> float | None:
    """The largest update-to-weight ratio of any sample up to step `until`, median over the layers; a weight that is no
    number any more counts as moved by its whole size. None where it was not measured."""
    found: dict[int, list[float]] = {}
    for track in (update_ratio or {}).values():
        for step, value in zip(track.steps, track.values):
            if until is None or step <= until:
                found.setdefault(int(step), []).append(value if np.isfinite(value) else 1.0)
    return max((float(np.median(values)) for values in found.values()), default=None)


def steps_taken(update_ratio: Mapping[str, Track] | None) -> float | None:
    """Median over layers and time of the update-to-weight ratio, from a tenth of the training (after any warm-up) to
    its middle, where it is not zero; None where it was not measured."""
    found = []
    for t in (update_ratio or {}).values():
        end = t.steps[-1] if len(t) else 0
        then = (t.steps >= 0.1 * end) & (t.steps <= 0.5 * end)
        values = t.values[then] if then.any() else t.values
        values = values[np.isfinite(values) & (values > 0)]
        if len(values):
            found.append(float(np.median(values)))
    return float(np.median(found)) if found else None
