"""Study: what the page shows of a search by `wellfit tune`, from its folder's plain files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from wellfit.nouns.run import RESULT
from wellfit.nouns.units import duration, figure
from wellfit.page.files import parse_json, parse_toml, stamp
from wellfit.page.runs import SPACE, Runs

TRIALS, STUDY_PAGE = "trials.json", "study.html"
MOST_ROWS, MOST_LINES = 20, 500
"""Trials in the table, and lines in the drawing; the best ones."""


def study_facts(runs: Runs, folder: Path) -> dict[str, Any]:
    """{"summary", "comparisons", "importance", "axes", "trials": the best first, "n", "page", "drawn": for the scripts}."""
    space, result = (
        _dict(runs.read(folder, name, parse)) for name, parse in ((SPACE, parse_toml), (RESULT, parse_json))
    )
    held = runs.read(folder, TRIALS, parse_json)
    trials = (
        [t for t in held if isinstance(t, dict) and isinstance(t.get("values"), dict)] if isinstance(held, list) else []
    )
    axes = [_axis(key, about) for key, about in space.items() if isinstance(about, dict)]
    ranked = sorted(trials, key=lambda t: (not t.get("whole", True), _loss(t)))
    return {
        "summary": str(result.get("summary") or ""),
        "comparisons": [str(c.get("words", "")) for c in _dicts(result.get("comparisons"))],
        "importance": [_weight(w) for w in _dicts(result.get("importance"))],
        "axes": axes,
        "trials": [_row(t, axes) for t in ranked[:MOST_ROWS]],
        "n": len(trials),
        "page": stamp(folder, STUDY_PAGE) is not None,
        "drawn": {"axes": axes, "lines": [_line(t, axes) for t in ranked[:MOST_LINES]], "best": _best_so_far(trials)},
    }


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [f for f in found if isinstance(f, dict)] if isinstance(found, list) else []


def _loss(trial: dict[str, Any]) -> float:
    loss = trial.get("loss")
    return float(loss) if isinstance(loss, int | float) and math.isfinite(loss) else math.inf


def _axis(key: str, about: dict[str, Any]) -> dict[str, Any]:
    """An axis of the space: numbers on a scale, or words."""
    numbers = all(isinstance(about.get(k), int | float) for k in ("low", "high"))
    axis = {"key": key, "name": key.rpartition(".")[2], "unit": str(about.get("unit") or ""), "numbers": numbers}
    if numbers:
        axis |= {"low": about["low"], "high": about["high"], "log": about.get("prior") == "log" and about["low"] > 0}
    return axis


def _value(trial: dict[str, Any], axis: dict[str, Any]) -> Any:
    """A number where the axis has a scale, else a word; None where the trial has none."""
    value = trial["values"].get(axis["key"])
    if value is None or (axis["numbers"] and not (isinstance(value, int | float) and math.isfinite(value))):
        return None
    return float(value) if axis["numbers"] else "-".join(map(str, value)) if isinstance(value, list) else str(value)


def _line(trial: dict[str, Any], axes: list[dict[str, Any]]) -> dict[str, Any]:
    loss = _loss(trial)
    return {
        "number": trial.get("number"),
        "values": [_value(trial, axis) for axis in axes],
        "loss": loss if math.isfinite(loss) else None,
        "whole": bool(trial.get("whole", True)),
    }


def _best_so_far(trials: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The loss of each whole trial, and the least so far, in their order."""
    number = lambda t: t["number"] if isinstance(t.get("number"), int) else 0
    whole = [_loss(t) for t in sorted(trials, key=number) if t.get("whole", True)]
    least, so_far = math.inf, []
    for loss in whole:
        least = min(least, loss)
        so_far.append(least if math.isfinite(least) else None)
    return {"each": [v if math.isfinite(v) else None for v in whole], "least": so_far}


def _row(trial: dict[str, Any], axes: list[dict[str, Any]]) -> dict[str, Any]:
    loss, number, seconds = _loss(trial), trial.get("number"), trial.get("seconds")
    values = [_value(trial, axis) for axis in axes]
    why = trial.get("why") or ("" if trial.get("whole", True) else "stopped")
    return {
        "number": number,
        "run": f"trials/{number:04d}" if isinstance(number, int) else "",
        "loss": figure(loss, 4) if math.isfinite(loss) else "–",
        "values": [_said(v) for v in values],
        "seconds": duration(seconds) if isinstance(seconds, int | float) else "",
        "why": str(_dict(trial.get("finding")).get("summary") or why),
    }


def _said(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or "–"
    return f"{value:g}" if value == round(value) and abs(value) < 1e6 else figure(value)


def _weight(w: dict[str, Any]) -> dict[str, Any]:
    share = w.get("share")
    best = ", ".join(map(str, w["best"])) if isinstance(w.get("best"), list) and w["best"] else ""
    if not best and all(isinstance(w.get(k), int | float) for k in ("low", "high")):
        best = f"{_said(w['low'])} to {_said(w['high'])}"
    share = min(max(float(share), 0.0), 1.0) if isinstance(share, int | float) and math.isfinite(share) else 0.0
    return {"axis": str(w.get("axis", "")), "share": share, "best": best}
