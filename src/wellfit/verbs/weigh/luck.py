"""The winner's curse: the best of many trials is partly the luckiest, and trained again it does worse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from wellfit.nouns.units import figure


@dataclass(frozen=True)
class Luck:
    """chosen: the winner's loss on validation rows in the search, the best of `trials`; again [n]: with fresh seeds;
    default [n]: of the recipe without a search with the same seeds."""

    chosen: float
    again: tuple[float, ...]
    default: tuple[float, ...]
    trials: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean over fresh seeds (Student's t); all numbers, of one alone."""
        n = len(self.again)
        if n < 2:
            return -math.inf, math.inf
        from scipy.stats import t

        half = float(t.ppf(0.975, n - 1)) * stdev(self.again) / math.sqrt(n)
        return mean(self.again) - half, mean(self.again) + half

    @property
    def keeps(self) -> bool:
        """Is the winner still the better one on validation rows, with fresh seeds?"""
        return mean(self.again) < mean(self.default)

    @property
    def words(self) -> str:
        """In a sentence."""
        n, now = len(self.again), mean(self.again)
        low, high = self.interval
        span = f" (95 % interval {figure(low, 3)} to {figure(high, 3)})" if n > 1 else ""
        said = f"validation loss {figure(self.chosen, 3)} as the best of {self.trials} trials; trained again with {n} fresh"
        said += f" seed{'s' if n > 1 else ''} {figure(now, 3)}{span}, {figure(mean(self.default), 3)} for the default"
        lost = now - self.chosen
        return said + (f": {figure(lost, 2)} of it was the luck of the best" if lost > 0 else "")

    def to_dict(self) -> dict[str, Any]:
        """JSON types."""
        low, high = self.interval
        known = len(self.again) > 1
        held = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items()}
        return held | {"low": low if known else None, "high": high if known else None, "words": self.words}


def luck(chosen: float, again: Sequence[float], default: Sequence[float], trials: int) -> Luck | None:
    """None where nothing was trained again."""
    return Luck(chosen, tuple(again), tuple(default), trials) if again and default else None
