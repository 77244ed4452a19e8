"""Beside: several runs next to one another: what differs in their recipes, their curves over seeds, and paired tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wellfit.nouns.comparison import comparison
from wellfit.nouns.units import count, figure

SEEDS = ("data.seed", "training.seed")
PARTED = (
    *("split", "group", "time", "valid_frac", "test_frac", "seed"),
    *("valid_from", "test_from", "until", "horizon"),
)
"""Choices on which it hangs which rows are tested."""
FEWEST_ROWS = 10
ROWS = ("test_loss", "test_truth", "test_outputs")
"""Arrays of a run's evidence that a test row by row needs."""


@dataclass(frozen=True)
class Seen:
    """What a run says of itself. recipe: by dotted key; test: its figures; fingerprint: of the data;
    epochs, values [E]: its validation loss; test_loss [N]: of each test row; right [N]: was it answered rightly."""

    name: str
    recipe: Mapping[str, Any]
    status: str
    verdict: str
    test: Mapping[str, Any]
    fingerprint: str = ""
    epochs: np.ndarray | None = None
    values: np.ndarray | None = None
    test_loss: np.ndarray | None = None
    right: np.ndarray | None = None

    @property
    def rows(self) -> tuple[Any, ...]:
        """The same for runs that were tested on the same rows."""
        return (self.fingerprint, *(str(self.recipe.get(f"data.{k}")) for k in PARTED))

    @property
    def seeds(self) -> tuple[Any, ...]:
        """What was drawn by: pairs of runs have the same."""
        return tuple(self.recipe.get(key, 0) for key in SEEDS)


def beside(runs: Sequence[Seen]) -> dict[str, Any]:
    """{"runs": names, "verdict": [...], "test": {metric: [... or None]}, "recipe": {key: [...]} where they differ,
    "same_data": were all tested on the same rows, "groups": [{"name", "runs": positions, "epochs", "mean", "sd"}] of
    runs that differ in their seeds alone, "tests": [{"ours", "theirs", "words", ...}] of the first group with each other}.
    """
    metrics = dict.fromkeys(m for r in runs for m in r.test)
    choices = {k: [r.recipe.get(k) for r in runs] for k in dict.fromkeys(k for r in runs for k in r.recipe)}
    groups = _groups(runs)
    return {
        "runs": [r.name for r in runs],
        "verdict": [r.verdict or r.status for r in runs],
        "test": {m: [r.test.get(m) for r in runs] for m in metrics},
        "same_data": len({r.rows for r in runs}) == 1,
        "recipe": {k: row for k, row in choices.items() if len(set(map(str, row))) > 1},
        "groups": [_group(runs, members) for members in groups],
        "tests": [t for other in groups[1:] if (t := _test(runs, groups[0], other)) is not None],
    }


def _groups(runs: Sequence[Seen]) -> list[list[int]]:
    """Positions of the runs whose recipes differ in their seeds alone, in order of appearance."""
    found: dict[tuple[Any, ...], list[int]] = {}
    for k, run in enumerate(runs):
        alike = tuple(sorted((key, str(v)) for key, v in run.recipe.items() if key not in SEEDS))
        found.setdefault((run.fingerprint, *alike), []).append(k)
    return list(found.values())


def _group(runs: Sequence[Seen], members: list[int]) -> dict[str, Any]:
    """Its validation loss: the mean over the runs that reached an epoch, and their standard deviation."""
    by_epoch: dict[float, list[float]] = {}
    for k in members:
        epochs, values = runs[k].epochs, runs[k].values
        for e, v in zip(epochs.tolist(), values.tolist()) if epochs is not None and values is not None else ():
            if math.isfinite(v):
                by_epoch.setdefault(float(e), []).append(v)
    at = sorted(by_epoch)
    return {
        "name": _name(runs, members),
        "runs": members,
        "epochs": at,
        "mean": [float(np.mean(by_epoch[e])) for e in at],
        "sd": [float(np.std(by_epoch[e], ddof=1)) if len(by_epoch[e]) > 1 else None for e in at],
    }


def _name(runs: Sequence[Seen], members: Sequence[int]) -> str:
    more = len(members) - 1
    return runs[members[0]].name + (f" and {more} other seed{'s' if more > 1 else ''}" if more else "")


def _test(runs: Sequence[Seen], ours: list[int], theirs: list[int]) -> dict[str, Any] | None:
    """Seed by seed where two or more are common, else row by row where both were tested on the same rows; else None."""
    pairs = [(runs[a], runs[b]) for a in ours for b in theirs if runs[a].seeds == runs[b].seeds]
    named = {"ours": _name(runs, ours), "theirs": _name(runs, theirs)}
    metric = next((m for m in runs[ours[0]].test if all(m in a.test and m in b.test for a, b in pairs)), None)
    seeds = {a.seeds for a, _ in pairs}
    if metric and len(pairs) > 1 and len(seeds) == len(pairs):
        rows = [(int(a.seeds[-1] or 0), dict(a.test), dict(b.test)) for a, b in pairs]
        found = comparison(metric, named["theirs"], rows)
        return named | found.to_dict() | {"words": f"{named['ours']}: {found.words}"}
    return next((named | t for a, b in pairs or [(runs[ours[0]], runs[theirs[0]])] if (t := _row_by_row(a, b))), None)


def _row_by_row(a: Seen, b: Seen) -> dict[str, Any] | None:
    """The mean difference of the test losses with its 95 % interval by Student's t of the pairs; for answers that are
    right or wrong McNemar's exact test (McNemar 1947) of the rows that one alone answers rightly."""
    if a.rows != b.rows or a.test_loss is None or b.test_loss is None or len(a.test_loss) != len(b.test_loss):
        return None
    gap = (a.test_loss - b.test_loss).astype(float)
    if len(gap) < FEWEST_ROWS or not np.isfinite(gap).all():
        return None
    from scipy.stats import binomtest, t

    half = float(t.ppf(0.975, len(gap) - 1)) * float(gap.std(ddof=1)) / math.sqrt(len(gap))
    low, high = float(gap.mean()) - half, float(gap.mean()) + half
    outcome = f"{a.name} is better" if high < 0 else f"{b.name} is better" if low > 0 else "not told apart"
    words = (
        f"test loss of {a.name} less that of {b.name}, row by row: {gap.mean():+.3g} (95 % interval {low:+.3g} to"
        f" {high:+.3g}, n = {count(len(gap))}): {outcome}"
    )
    found = {"gain": -float(gap.mean()), "low": -high, "high": -low, "n": len(gap)}
    if a.right is not None and b.right is not None and len(a.right) == len(b.right) == len(gap):
        only_a, only_b = int((a.right & ~b.right).sum()), int((b.right & ~a.right).sum())
        p = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
        words += f"; {only_a} rows are answered rightly by {a.name} alone, {only_b} by {b.name} alone"
        words += f" (McNemar p = {figure(p, 2)})"
        found |= {"only_ours": only_a, "only_theirs": only_b, "p": p}
    return found | {"words": words}


def rows_of(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`test_loss` and, where classes are told from one another, `right`, out of a run's evidence."""
    found = {}
    loss, truth, outputs = (arrays.get(k) for k in ROWS)
    if loss is not None and loss.ndim == 1:
        found["test_loss"] = loss
    if truth is not None and outputs is not None and truth.ndim == 1 and outputs.ndim == 2 and truth.dtype.kind in "iu":
        found["right"] = outputs.argmax(1) == truth
    return found


def flat(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's tables by dotted key."""
    found: dict[str, Any] = {}
    for key, value in recipe.items():
        if isinstance(value, Mapping):
            found |= {f"{key}.{k}": v for k, v in flat(value).items()}
        else:
            found[key] = value
    return found
