"""Notebook: in a notebook, and only there, a training's curves stand below the cell while it goes on.

IPython is asked for its display where it is running; it is no dependency.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from wellfit.nouns.stage import Stage
from wellfit.nouns.units import duration, figure

EVERY_S, MOST = 0.5, 300  # between two pictures; points of a curve
WIDE, HIGH, LEFT, BELOW = 520, 170, 44, 20  # of the picture, px
CURVES = (("train_loss", "training", "#0072b2"), ("valid_loss", "validation", "#d55e00"))
RANGE = 30  # the largest loss over the smallest, from which the axis is logarithmic


def shown(stages: Iterable[Stage], clock: Callable[[], float] = time.monotonic) -> Iterator[Stage]:
    """The stages, handed on; a training's curves and what is noticed below the cell, twice a second at most."""
    display = display_of(sys.modules.get("IPython"))
    if display is None:
        yield from stages
        return
    picture, handle, due = Picture(), None, -math.inf
    for stage in stages:
        if display is not None and picture.take(stage):
            now = clock()
            if now >= due or picture.ended:
                try:  # what a notebook cannot show costs no training
                    if handle is None:
                        handle = display(picture, display_id=True)
                    else:
                        handle.update(picture)
                except Exception:
                    display = None
                due = now + EVERY_S
        yield stage


def display_of(ipython: Any) -> Callable[..., Any] | None:
    """IPython's display where a notebook is what it runs in; None in a terminal and elsewhere."""
    try:
        return ipython.display.display if "IPKernelApp" in ipython.get_ipython().config else None
    except AttributeError:  # no IPython, or none that runs
        return None


@dataclass
class Picture:
    """What a training has come to, as a notebook shows it. curves: (epoch, value) by name; noticed: what is wrong."""

    epochs: float = 0.0
    epoch: float = 0.0
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    noticed: list[str] = field(default_factory=list)
    ended: bool = False
    seconds: float = 0.0
    _begun: float | None = None

    def take(self, stage: Stage) -> bool:
        """Take a stage in: does it change the picture?"""
        if stage.name == "noticed":
            self.noticed.append(stage.line)
            return True
        if stage.name != "moment":
            changed = bool(self.curves) and not self.ended
            self.ended = self.ended or changed
            return changed
        self._begun = time.monotonic() if self._begun is None else self._begun
        self.seconds = time.monotonic() - self._begun
        self.epoch, self.epochs = float(stage.facts["epoch"]), float(stage.facts.get("epochs") or 0)
        for name, _, _ in CURVES:
            if stage.facts.get(name) is not None:
                points = self.curves.setdefault(name, [])
                points.append((self.epoch, float(stage.facts[name])))
                if len(points) > MOST:
                    del points[1:-1:2]
        return True

    def _repr_html_(self) -> str:
        told = [f"epoch {self.epoch:.3g} of {self.epochs:g}", duration(self.seconds)]
        for name, said, colour in CURVES:
            if points := self.curves.get(name):
                told.append(f'<span style="color: {colour}">━</span> {said} {figure(points[-1][1])}')
        wrong = "".join(f"<div>! {escape(line)}</div>" for line in self.noticed)
        return f'<div style="font: 13px/1.5 system-ui, sans-serif">{" · ".join(told)}{self._svg()}{wrong}</div>'

    def _svg(self) -> str:
        """The curves; "" before there are two points."""
        finite = [v for points in self.curves.values() for _, v in points if math.isfinite(v)]
        if not finite or max(map(len, self.curves.values())) < 2:
            return ""
        low, high = min(finite), max(finite)
        log = low > 0 and high / low > RANGE
        scale = math.log if log else float
        bottom, top = scale(low), scale(high)
        far = max(self.epoch, 1e-9)
        across = lambda e: LEFT + (WIDE - LEFT - 4) * e / far
        down = lambda v: 6 + (HIGH - BELOW - 12) * (1 - (scale(v) - bottom) / ((top - bottom) or 1.0))
        lines = "".join(
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.6" points="'
            + " ".join(f"{across(e):.1f},{down(v):.1f}" for e, v in self.curves.get(name, ()) if math.isfinite(v))
            + '"/>'
            for name, _, colour in CURVES
        )
        labels = [(LEFT - 4, down(v) + 4, "end", figure(v)) for v in dict.fromkeys((high, low))]
        labels += [(LEFT, HIGH - 5, "start", "0"), (WIDE - 4, HIGH - 5, "end", f"epoch {self.epoch:.3g}")]
        words = "".join(f'<text x="{x}" y="{y:.1f}" text-anchor="{a}">{t}</text>' for x, y, a, t in labels)
        said = f"loss by epoch, {'logarithmic' if log else 'linear'} axis from {figure(low)} to {figure(high)}"
        return (
            f'<svg role="img" aria-label="{said}" viewBox="0 0 {WIDE} {HIGH}" style="display: block; max-width: {WIDE}px"'
            f' font-size="11" fill="currentColor">{lines}{words}</svg>'
        )
