"""Tables: the page's tables as plain rows."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from wellfit.nouns.carried import in_runs
from wellfit.nouns.drawing import short
from wellfit.nouns.run import Run
from wellfit.nouns.units import count, figure
from wellfit.verbs.report.words import plain, prose

SPLITS = (
    ("train", "Training", "fitting the weights and the scaling"),
    ("valid", "Validation", "choosing and stopping"),
    ("test", "Test", "one judgement at the end"),
)
MOST_COLUMNS, BINS, EXAMPLES = 40, 16, 2
BLANK = ("", "nan", "none", "<na>", "nat")


def splits(have: Mapping[str, Any]) -> list[tuple[str, int, float, str]]:
    """(split, rows, share of all, what for)."""
    n = {s: have.get(f"n_{s}") for s, *_ in SPLITS}
    whole = sum(k for k in n.values() if isinstance(k, int)) or 1
    return [(name, k, k / whole, use) for s, name, use in SPLITS if isinstance(k := n[s], int)]


def metrics(have: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The test figures: {"name", "value", "low", "high", "unit", "baseline"}, figures as text, "" for none."""
    found = []
    for name, m in (have["result"].get("test") or {}).items():
        if isinstance(m, Mapping) and isinstance(m.get("value"), int | float):
            text = {
                k: prose(figure(m[k])) if isinstance(m.get(k), int | float) else ""
                for k in ("value", "low", "high", "baseline")
            }
            found.append({"name": name[:1].upper() + name[1:], "unit": m.get("unit") or "", "n": m.get("n"), **text})
    return found


def layers(have: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The network's layers: {"name", "type", "shape", "parameters", "share" (of all), "field"}."""
    told = [row for row in have.get("layers") or [] if isinstance(row, Mapping)]
    whole = sum(row.get("parameters") or 0 for row in told) or 1
    return [
        {
            "name": row.get("name", ""),
            "type": row.get("type", ""),
            "shape": _by(row.get("shape_out")),
            "parameters": row.get("parameters") or 0,
            "share": (row.get("parameters") or 0) / whole,
            "field": _by(row.get("receptive_field")),
        }
        for row in told
    ]


def carried(have: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What became of the weights of an earlier training, layers of one fate in a row; [] where there were none."""
    return in_runs(row for row in have.get("carried") or [] if isinstance(row, Mapping))


def _by(size: Any) -> str:
    return " × ".join(count(k) for k in size) if isinstance(size, list | tuple) else "" if size is None else str(size)


def columns(have: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A table's columns over the sample of training rows: {"name", "unit", "missing", "target", "examples", "bars" and
    figures, or "words"}."""
    sample, names = have.get("sample_x"), list(have.get("input_names") or [])
    if not isinstance(sample, np.ndarray) or sample.ndim != 2 or not sample.size:
        return []
    names = names if len(names) == sample.shape[1] else [f"column {k + 1}" for k in range(sample.shape[1])]
    missing, targets, units = have.get("missing") or {}, have.get("target_names") or [], have.get("units") or {}
    found = []
    for name, values in list(zip(names, sample.T))[:MOST_COLUMNS]:
        about = {"name": name, "unit": units.get(name, ""), "missing": missing.get(name, 0), "target": name in targets}
        about["examples"] = [_cell(value) for value in values[:EXAMPLES]]
        numbers = _numbers(values)
        found.append(about | (_of_numbers(numbers) if numbers is not None else _of_words(values)))
    return found


def _numbers(values: np.ndarray) -> np.ndarray | None:
    """A column as finite numbers, or None where most of what it holds are words."""
    if values.dtype.kind in "biuf":
        numbers = values.astype(float)
    else:
        numbers = np.array([_number(v) for v in values])
        blank = _blank(values)
        if np.isnan(numbers[~blank]).sum() > 0.1 * max(1, (~blank).sum()):
            return None
    numbers = numbers[np.isfinite(numbers)]
    return numbers if len(numbers) else None


def _blank(values: np.ndarray) -> np.ndarray:
    return np.array([str(v).strip().lower() in BLANK for v in values])


def _number(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _of_numbers(numbers: np.ndarray) -> dict[str, Any]:
    digits = 12 if (numbers == numbers.round()).all() else 4
    low, middle, high = (plain(float(q), digits) for q in np.quantile(numbers, [0, 0.5, 1]))
    heights, _ = np.histogram(numbers, BINS)
    tall = heights / heights.max()
    bars = "".join(f"M{3 * k} 14V{14 - 13 * h:.1f}h2.4V14z" for k, h in enumerate(tall) if h)
    return {
        "low": low,
        "middle": middle,
        "high": high,
        "mean": plain(float(numbers.mean())),
        "sd": plain(float(numbers.std())),
        "bars": bars,
        "words": "",
    }


def _of_words(values: np.ndarray) -> dict[str, Any]:
    words, counts = np.unique(values[~_blank(values)].astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    said = ", ".join(f"{short(words[k], 24)} ({counts[k] / len(values):.0%})" for k in order[:3])
    return {"words": f"{count(len(words))} values: {said}{' …' * (len(words) > 3)}", "bars": ""}


def _cell(value: Any) -> str:
    text = str(value)
    number = _number(text)
    return short(text, 14) if len(text) <= 8 or not np.isfinite(number) else plain(number, 6)


def environment(run: Run) -> list[tuple[str, str]]:
    """(name, value) of everything in environment.json, nested names joined."""
    return [(name.replace("_", " "), value) for name, value in _flat(run.read_json("environment.json", {}))]


def _flat(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in given.items():
        if isinstance(value, Mapping):
            found += _flat(value)
        elif name in ("started", "ended") and isinstance(value, int | float):
            found.append((name, f"{datetime.fromtimestamp(value):%Y-%m-%d %H:%M:%S}"))
        elif isinstance(value, list):
            found.append((name, shlex.join(map(str, value))))
        elif value is not None:
            found.append((name, str(value)))
    return found
