"""Comparison: the same figure of two ways of training, seed by seed, and what the pairs say about their difference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from wellfit.nouns.units import figure

CONFIDENCE = 0.95
COMPARISON = "comparison.json"
"""Its file in a run's folder."""


@dataclass(frozen=True)
class Comparison:
    """metric, unit: of the figures; lower: is less better; rival: the other way's name; ours, theirs [n]: one a seed."""

    metric: str
    rival: str
    seeds: tuple[int, ...]
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    unit: str = ""
    lower: bool = False

    @property
    def gains(self) -> tuple[float, ...]:
        """By how much ours is better, seed by seed."""
        return tuple((t - o) if self.lower else (o - t) for o, t in zip(self.ours, self.theirs))

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the mean gain, by Student's t of the pairs (Student 1908); all numbers, of one pair alone."""
        n = len(self.gains)
        if n < 2:
            return -math.inf, math.inf
        from scipy.stats import t

        half = float(t.ppf(0.5 + CONFIDENCE / 2, n - 1)) * stdev(self.gains) / math.sqrt(n)
        return mean(self.gains) - half, mean(self.gains) + half

    @property
    def verdict(self) -> str:
        """better, worse, or not told apart."""
        low, high = self.interval
        return "better" if low > 0 else "worse" if high < 0 else "not told apart"

    @property
    def words(self) -> str:
        """In a sentence."""
        unit = f" {self.unit}" if self.unit else ""
        of = lambda values: figure(mean(values), 4)
        said = f"{self.metric} {of(self.ours)}{unit}, {of(self.theirs)}{unit} from {self.rival}"
        many = f"{len(self.seeds)} seed{'s' if len(self.seeds) > 1 else ''}"
        if len(self.seeds) < 2:
            return f"{said} ({many}: too few for an interval)"
        low, high = self.interval
        outcome = {"better": f"better than {self.rival}", "worse": f"worse than {self.rival}"}.get(self.verdict)
        by = f"{mean(self.gains):+.3g}{unit} (95 % interval {low:+.3g} to {high:+.3g}, {many}, in pairs)"
        return f"{said}; gain {by}: {outcome or 'not told apart'}"

    def to_dict(self) -> dict[str, object]:
        """Its fields and what follows from them, as JSON types."""
        low, high = self.interval
        facts: dict[str, object] = {k: list(v) if isinstance(v, tuple) else v for k, v in vars(self).items()}
        known = len(self.seeds) > 1
        return facts | {
            "gains": list(self.gains),
            "gain": mean(self.gains),
            "low": low if known else None,
            "high": high if known else None,
            "verdict": self.verdict,
            "words": self.words,
        }


def comparison(metric: str, rival: str, pairs: Sequence[tuple[int, dict, dict]]) -> Comparison:
    """From (seed, merits of ours, merits of theirs); merits as `judge` gives them."""
    first = pairs[0][1][metric]
    pick = lambda at: tuple(float(p[at][metric]["value"]) for p in pairs)
    seeds = tuple(p[0] for p in pairs)
    return Comparison(metric, rival, seeds, pick(1), pick(2), first.get("unit", ""), bool(first.get("lower")))
