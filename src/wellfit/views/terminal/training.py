"""Training as it is watched from a terminal: how far, how well, how fast, and how long still."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from wellfit.nouns.units import count, duration, figure
from wellfit.views.terminal.screen import Screen

SPARKS, PLAIN_SPARKS = "▁▂▃▄▅▆▇█", "_.-~^"
BAR, SPARK, SHORT = (8, 28), 24, 10  # columns of the bar (least, most); most and fewest columns of a curve
CURVES = (("train_loss", "training", "blue"), ("valid_loss", "validation", "yellow"), ("valid_score", "score", "green"))
MOST = 1024  # values kept of a curve: beyond, every other one is let go
SPEED_OVER_S = 8.0  # the time left is reckoned from about the last this many seconds


@dataclass
class Training:
    """What the moments of a training add up to. clock: () -> seconds."""

    clock: Callable[[], float] = time.monotonic
    epoch: float = 0.0
    epochs: int = 0
    latest: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: float = 0.0
    best_loss: float = math.nan
    best_se: float = math.nan
    why_stop: str = ""
    stopping: bool = False
    _every: int = 1  # epochs between two values that are kept
    _epochs: int = 0  # epochs seen
    _passed: list[tuple[float, float]] = field(default_factory=list)  # (seconds, epoch)

    def take(self, facts: Mapping[str, Any]) -> None:
        """Take in one moment's facts."""
        self.epoch, self.epochs = float(facts.get("epoch", 0.0)), int(facts.get("epochs") or 0)
        self.why_stop, self.stopping = str(facts.get("why_stop", "")), bool(facts.get("stopping"))
        known = ("train_loss", "valid_loss", "valid_loss_se", "valid_score", "examples_s")
        self.latest |= {k: float(facts[k]) for k in known if facts.get(k) is not None}
        if "valid_loss" in facts:
            self._keep(facts)
            if facts.get("best"):
                self.best_epoch, self.best_loss = self.epoch, float(facts["valid_loss"])
                self.best_se = float(facts.get("valid_loss_se", math.nan))
        self._passed.append((self.clock(), self.epoch))
        if len(self._passed) > 512:  # every other one will do
            self._passed = [self._passed[0], *self._passed[2::2]]

    def _keep(self, facts: Mapping[str, Any]) -> None:
        """An epoch's figures into the curves."""
        self._epochs += 1
        if (self._epochs - 1) % self._every:
            return
        for name, _, _ in CURVES:
            if facts.get(name) is not None:
                self.curves.setdefault(name, []).append(float(facts[name]))
        if max(map(len, self.curves.values()), default=0) > MOST:
            self.curves = {name: values[::2] for name, values in self.curves.items()}
            self._every *= 2

    @property
    def losses(self) -> list[float]:
        """The validation loss, epoch by epoch, or fewer."""
        return self.curves.get("valid_loss", [])

    @property
    def seconds(self) -> float:
        """Since the first moment."""
        return self._passed[-1][0] - self._passed[0][0] if self._passed else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds until the last epoch at the pace of the last few seconds; None where it cannot be told yet."""
        if len(self._passed) < 2 or not self.epochs:
            return None
        now, epoch = self._passed[-1]
        then, before = next(p for p in self._passed if p[0] >= now - SPEED_OVER_S)
        if epoch - before < 0.02 or now - then < 0.2:  # too little to tell by: take all of it
            then, before = self._passed[0]
        if epoch <= before or now <= then:
            return None
        return max(0.0, (self.epochs - epoch) * (now - then) / (epoch - before) - (self.clock() - now))

    def figures(self) -> list[str]:
        """How well, how fast, how long still: the most wanted first."""
        have, found = self.latest, []
        if "train_loss" in have:
            found += [f"loss {figure(have['train_loss'])}", f"validation {figure(have['valid_loss'])}"]
        if self.left_s is not None:
            found.append(f"{clock(self.left_s)} left")
        if "examples_s" in have:
            found.append(f"{count(rounded(have['examples_s']))} examples/s")
        return found


def rounded(value: float) -> float:
    """To three significant digits; 0 where it is not finite."""
    return float(f"{value:.3g}") if math.isfinite(value) else 0.0


def clock(seconds: float) -> str:
    """3725 -> '1:02:05'; 65 -> '1:05'."""
    whole = math.ceil(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def bar(training: Training, screen: Screen, width: int, curve: bool = True) -> RenderableType:
    """One line of `width` columns: epoch, as many figures as there is room for, the bar, and a small curve."""
    done = f"{math.floor(training.epoch)}/{training.epochs}"
    words = (
        ["stopping: the best weights are kept (Ctrl-C again ends at once)"] if training.stopping else training.figures()
    )
    room = width - len(done) - 2 - BAR[0]
    if room < 0:
        return Text(done[: max(width, 0)], no_wrap=True)
    taken = []
    for word in words:
        if len(word) + 2 > room:
            break
        taken.append(word)
        room -= len(word) + 2
    spare = room + BAR[0]  # for the bar and, beside it, the curve
    spark = sparkline(training.losses, min(SPARK, spare // 2 - 1, spare - BAR[0] - 2), screen) if curve else ""
    bar_width = max(BAR[0], min(BAR[1], spare - (len(spark) + 2 if spark else 0)))
    line = Table.grid(padding=(0, 2, 0, 0))
    cells = [Text(done, no_wrap=True), drawn(training, screen, bar_width), *(Text(w, no_wrap=True) for w in taken)]
    line.add_row(*cells, *([Text(spark, style="cyan", no_wrap=True)] if spark else []))
    return line


def drawn(training: Training, screen: Screen, width: int) -> ProgressBar | Text:
    """The bar itself."""
    total = max(training.epochs, 1)
    if not screen.unicode:
        full = round(width * min(training.epoch / total, 1))
        return Text("#" * full + "." * (width - full), no_wrap=True)
    done = ProgressBar(total=total, completed=training.epoch, width=width, style="bright_black")
    done.complete_style, done.finished_style = "cyan", "green"
    return done


def curves(training: Training, screen: Screen, width: int) -> Text | None:
    """One line of small curves: the losses on one scale, so that the gap between them is seen, and the score; as many as
    there is room for. None before there is a curve, or where there is no room for two."""
    losses = [v for name, _, _ in CURVES[:2] for v in training.curves.get(name, ())]
    have = [c for c in CURVES if len(training.curves.get(c[0], ())) > 1]
    while len(have) > 1 and sum(len(label) + 10 for _, label, _ in have) + SHORT * len(have) > width:
        have.pop()
    if len(have) < 2:
        return None
    each = min(SPARK, (width - sum(len(label) + 10 for _, label, _ in have)) // len(have))
    line = Text(no_wrap=True)
    for name, label, colour in have:
        values = training.curves[name]
        drawn = sparkline(values, each, screen, losses if name != "valid_score" else ())
        line.append(f"{label} ", style="dim").append(drawn, style=colour).append(f" {figure(values[-1]):<8}")
    return line


def sparkline(values: Sequence[float], width: int, screen: Screen, among: Sequence[float] = ()) -> str:
    """The values as a curve of at most `width` characters, on a log scale where all are above zero; "" under 6.

    among: other values that share the scale."""
    signs = SPARKS if screen.unicode else PLAIN_SPARKS
    kept = [v for v in values if math.isfinite(v)]
    if width < 6 or len(kept) < 2:
        return ""
    others = [v for v in among if math.isfinite(v)]
    if min(*kept, *others) > 0:
        kept, others = [math.log(v) for v in kept], [math.log(v) for v in others]
    n = min(width, len(kept))
    runs = [kept[i * len(kept) // n : (i + 1) * len(kept) // n] for i in range(n)]
    means = [sum(run) / len(run) for run in runs]
    low, high = min(*means, *others), max(*means, *others)
    top = len(signs) - 1
    return "".join(signs[round((m - low) / (high - low) * top) if high > low else 0] for m in means)


def said(training: Training) -> str:
    """One plain line on where it stands."""
    parts = [f"epoch {training.epoch:.1f} of {training.epochs}".replace(".0 of", " of"), *training.figures()]
    return ", ".join(parts)


def ended(training: Training) -> str:
    """One line when it is over: how long, why it ended, and the best epoch."""
    at = f"{training.epoch:.1f}".removesuffix(".0")
    why = {
        "epochs": f"{at} epochs in {duration(training.seconds)}",
        "patience": f"ended early at epoch {at} of {training.epochs}, after {duration(training.seconds)}:"
        " the validation loss no longer fell",
        "not finite": f"ended at epoch {at} of {training.epochs}: the loss is no longer finite",
    }
    line = why.get(
        training.why_stop, f"stopped by you at epoch {at} of {training.epochs}, after {duration(training.seconds)}"
    )
    if not training.losses:
        return f"{line}; no epoch was finished"
    if not training.best_epoch:
        return line
    error = f" ± {figure(training.best_se, 2)}" if math.isfinite(training.best_se) else ""
    return f"{line}; best (kept): epoch {training.best_epoch:.0f}, validation loss {figure(training.best_loss)}{error}"
