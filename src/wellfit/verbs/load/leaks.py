"""leaks: inputs that give the answer away, and numbers that look like marks for missing values."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.task import Question
from wellfit.nouns.units import figure, many
from wellfit.verbs.load.learn import Learnt

ALIKE = 0.995  # |correlation| with the target from which an input is taken for the target in disguise
NAMED_ALIKE = 0.5  # |correlation| from which a column named as a prediction of the target is taken for one
RIGHT = 0.99  # share of the majority's errors that one column alone must undo
ROWS = 5000  # looked at, drawn evenly
FEATURES = 2000  # above which nothing is looked for
FEWEST = 50
MADE = (
    "pred",
    "predict",
    "predicted",
    "prediction",
    "estimate",
    "estimated",
    "forecast",
    "fitted",
    "proba",
    "probability",
)
MARKS = (9, 99, 999, 9999, 99999, 999999, 9.99, 99.9, 99.99, 999.9, 999.99, 8888, 1e20, 9.96921e36)


def leaks(learnt: Learnt, what: Question, train: np.ndarray) -> tuple[Finding, ...]:
    """Findings of fault data-leak for columns that nearly determine the target, or that are named as predictions of
    it; of fault missing-marked for numbers far outside the others that people write for missing. Training rows only.
    """
    rows = train[:: max(1, len(train) // ROWS)]
    x = learnt.encoded[rows]
    if (
        learnt.preparation.kind == "pictures"
        or x.ndim != 2
        or x.shape[1] > FEATURES
        or len(rows) < FEWEST
        or what.y.ndim > 2
    ):
        return ()
    columns = _columns(learnt, x)
    answers = dict(zip(what.names, what.y[rows].T)) if what.form == "values" else {}
    marks = _marks({n: v[:, 0] for n, v in columns.items()} | answers)
    found = _marked(marks)
    if what.form == "values":
        for name, y in answers.items():
            found += _quantity(columns, y, name, marks)
    elif what.one_class:
        found += _class(columns, what.indices[rows], what.names[0])
    return tuple(found)


def _columns(learnt: Learnt, x: np.ndarray) -> dict[str, np.ndarray]:
    """Name -> the features [n, k] that a column became."""
    prepared, found, start = learnt.preparation, {}, 0
    for column in prepared.columns:
        width = len(column.features)
        found[column.name] = x[:, start : start + width]
        start += width
    if prepared.columns:
        return found
    names = prepared.names if len(prepared.names) == x.shape[1] else tuple(f"feature {j}" for j in range(x.shape[1]))
    return {name: x[:, j : j + 1] for j, name in enumerate(names)}


def _quantity(columns: dict[str, np.ndarray], y: np.ndarray, target: str, marks: dict[str, Mark]) -> list[Finding]:
    found = []
    for name, values in columns.items():
        known = (values[:, 0] != marks[name].value) if name in marks else np.ones(len(y), dtype=bool)
        known &= (y != marks[target].value) if target in marks else True
        x, z = values[known], y[known]
        r = max((_correlation(v, z) for v in x.T), key=abs, default=0.0)
        rank = max((_correlation(_ranks(v), _ranks(z)) for v in x.T), key=abs, default=0.0) if abs(r) > 0.9 else r
        alike = max(abs(r), abs(rank)) >= ALIKE
        if alike or (_named_prediction(name, target) and abs(r) >= NAMED_ALIKE):
            why = "almost equals it, up to scale or a curve" if alike else "is named as a prediction of it"
            evidence = f"correlation with {target}: {figure(r)} over {many(len(z), 'training row')}"
            found.append(_leak(name, target, why, evidence, 1.0 if alike else 0.8))
    return found


def _class(columns: dict[str, np.ndarray], y: np.ndarray, target: str) -> list[Finding]:
    majority = np.bincount(y).max() / len(y)
    found = []
    for name, values in columns.items():
        right = _purity(values, y)
        undone = 1 - (1 - right) / (1 - majority) if majority < 1 else 0.0
        if undone >= RIGHT or (_named_prediction(name, target) and undone >= NAMED_ALIKE):
            why = "alone tells it" if undone >= RIGHT else "is named as a prediction of it"
            evidence = (
                f"{right:.1%} of {many(len(y), 'training row')} told rightly by this column alone,"
                f" {majority:.1%} by the commonest class"
            )
            found.append(_leak(name, target, why, evidence, 1.0 if undone >= RIGHT else 0.8))
    return found


def _purity(values: np.ndarray, y: np.ndarray) -> float:
    """Share of rows told rightly by the commonest class of their value; 0 for values too many to tell anything
    (fewer than 10 rows each on average): a threshold may part classes honestly, a code for each class hardly."""
    code = values @ np.random.default_rng(0).random(values.shape[1])  # a number of its own for each row of features
    _, level = np.unique(code, return_inverse=True)
    n_levels, n_classes = int(level.max()) + 1, int(y.max()) + 1
    if n_levels * 10 > len(y):
        return 0.0
    table = np.bincount(level * n_classes + y, minlength=n_levels * n_classes).reshape(n_levels, n_classes)
    return float(table.max(axis=1).sum() / len(y))


def _leak(name: str, target: str, why: str, evidence: str, confidence: float) -> Finding:
    return Finding(
        "data-leak",
        "warning",
        f"{name!r} may give {target!r} away: it {why}",
        evidence=evidence,
        remedy=f"if it would not be known at prediction, leave it out: --set 'data.drop=[\"{name}\"]'",
        confidence=confidence,
        change={"data.drop": [name]},
        stage="data",
    )


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's r; 0 where one of the two is constant."""
    a, b = (v / (np.abs(v).max() or 1.0) for v in (a, b))  # so that no square overflows
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 0.0


def _ranks(v: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(v, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def _named_prediction(name: str, target: str) -> bool:
    """Whether a column's name says 'predicted' and at least half of the target's words: 'y_pred' for 'y'."""
    words, wanted = (set(re.findall(r"[a-z0-9]+", n.casefold())) for n in (name, target))
    return bool(words & set(MADE)) and len(words & wanted) >= max(1, len(wanted) / 2)


@dataclass(frozen=True)
class Mark:
    """A value that looks like a mark for missing: the value, how often, and the range of the others."""

    value: float
    n: int
    low: float
    high: float


def _marks(columns: dict[str, np.ndarray]) -> dict[str, Mark]:
    """Columns whose extreme value is a usual mark for missing, and off by half of the others' range (by five times
    their range where it is there only once)."""
    found = {}
    for name, v in columns.items():
        for extreme in (float(v.min()), float(v.max())):
            others = v[v != extreme]
            n = len(v) - len(others)
            if len(others) < FEWEST or not np.isclose(abs(extreme), MARKS, rtol=1e-6).any():
                continue
            low, high = float(others.min()), float(others.max())
            gap = low - extreme if extreme < low else extreme - high
            if gap > (0.5 if n > 1 else 5) * (high - low) > 0:
                found[name] = Mark(extreme, n, low, high)
    return found


def _marked(marks: dict[str, Mark]) -> list[Finding]:
    if not marks:
        return []
    said = [
        f"{k}: {m.value:g}, {many(m.n, 'time')}, others {figure(m.low)} to {figure(m.high)}" for k, m in marks.items()
    ]
    value = next(iter(marks.values())).value
    return [
        Finding(
            "missing-marked",
            "info",
            f"{', '.join(map(repr, marks))}: {value:g} lies far outside the other values,"
            " like a mark for missing or a cut-off",
            evidence="; ".join(said),
            remedy="if it means missing, leave those cells empty",
            stage="data",
        )
    ]
