"""windows: a series as Data for a forecast: what was before a moment, and what came after it.

Windows are views into the series: each is cut out when a batch asks for it, so memory is that of the series (they are
copied only where windows without any known answer have to be left out).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view

from wellfit.nouns.allowance import in_all
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.scaling import Scaling
from wellfit.nouns.task import task_of
from wellfit.nouns.units import many, percent
from wellfit.verbs.load.series import Series, asked_for, series

SHORT_CYCLES, LONG_CYCLES = 14, 3  # seasons seen: two weeks of what turns daily, three years of what turns yearly
LONG = 100  # steps of a cycle, from which one is enough
METHODS = ("none", "centre", "standardise", "minmax", "robust")
Bounds = dict[str, tuple[int, int]]


def forecast(raw: Raw, choices: DataChoices) -> Data:
    """Data of windows of the series in a table. Raises DataError for what cannot be a series, and for windows that are
    longer than its parts."""
    found = _until(series(raw, choices), choices)
    steps = _steps(found, choices)
    history, horizon, why = _sizes(found, found.values[: steps["train"][1]], choices)
    bounds = _origins(steps, history, horizon, choices.gap, found)
    n_train, k = steps["train"][1], found.n_targets
    middle, missing = _middle(found.values[:n_train]), np.isnan(found.values).sum(0)
    filled = carried(found.values)
    filled = np.where(np.isnan(filled), middle, filled)
    prepared = _preparation(found, filled[:n_train], middle, (history, horizon), choices)
    x = prepared.scaling(np.broadcast_to(filled[:, :, None], (*filled.shape, history))[:, :, :1])[..., 0]
    y = prepared.target_scaling(found.values[:, :k])
    windows = x.unfold(0, history, 1)  # [N, C, L], a view: window i ends before step i + L
    answers = y[history:].unfold(0, horizon, 1)  # [N, K, H], likewise
    splits = {s: _part(windows, answers, *bounds[s]) for s in bounds}
    left = sum(b - a for a, b in bounds.values()) - sum(map(len, splits.values()))
    whole = Raw(
        raw.name,
        "series",
        sliding_window_view(filled, history, 0)[: len(answers)],
        sliding_window_view(found.values[history:, :k], horizon, 0),
        found.names[:k],
        names=found.names,
        units={n: u for n, u in raw.units.items() if n in found.names},
        fingerprint=raw.fingerprint,
        task="forecast",
    )
    question = task_of("forecast").question(whole.targets, whole.target_names, why["data.task"], whole)  # type: ignore[arg-type]
    return Data(
        raw=whole,
        task="forecast",
        train=splits["train"],
        valid=splits["valid"],
        test=splits["test"],
        preparation=prepared,
        shape_in=prepared.shape_in,
        shape_out=prepared.shape_out,
        target_names=whole.target_names,
        choices=_choices(choices, found, history, horizon, prepared),
        reasons=why,
        facts=_facts(found, missing, steps, splits, whole),
        findings=(*raw.findings, *found.findings, *question.findings, *_notes(found, missing, left)),
    )


def _choices(choices: DataChoices, found: Series, history: int, horizon: int, prepared: Preparation) -> dict[str, Any]:
    names = found.names[: found.n_targets]
    return choices.model_dump() | {
        "memory": in_all(choices.memory),
        "target": choices.target or (names[0] if len(names) == 1 else names),
        "task": "forecast",
        "split": "time",
        "time": found.time[0] if len(found.time) == 1 and found.time[0] != "month" else choices.time,
        "history": history,
        "horizon": horizon,
        "normalise": prepared.scaling.method,
        "normalise_targets": prepared.target_scaling.method,
        "missing": "impute" if choices.missing == "auto" else choices.missing,
    }


def _until(found: Series, choices: DataChoices) -> Series:
    """The series up to the last step that is asked for."""
    if not choices.until:
        return found
    last = found.axis.place(choices.until, "data.until")
    _inside(last, found, f"data.until = {choices.until}")
    return replace(found, values=found.values[: last + 1])


def _inside(place: int, found: Series, what: str) -> None:
    if not 0 < place < len(found):
        first, last = found.axis.labels(np.array([0, len(found) - 1]))
        raise DataError(f"{what}, a time within the series", f"it goes from {first} to {last}", "name a time in it")


def _sizes(found: Series, train: np.ndarray, choices: DataChoices) -> tuple[int, int, dict[str, str]]:
    """(history, horizon, reasons): as asked, else by the season; which one, the training steps say."""
    seasons, step, n = found.axis.seasons, found.axis.said(), len(found)
    season = seasons[0] if seasons else 0
    horizon = choices.horizon or min(season or 1, max(1, n // 20))
    season = cycle_of(train, seasons, horizon) if len(seasons) > 1 else season
    within_days = found.axis.unit == "s" and found.axis.step < 86_400
    cycles = SHORT_CYCLES if within_days else 1 if season > LONG else LONG_CYCLES
    history = choices.history or max(1, min(cycles * season + (2 * horizon if cycles == 1 else 0) or 24, n // 5))
    history = choices.history or max(history, min(2 * horizon, n // 5))
    ahead = f"one cycle of {horizon} steps of {step}" if season else f"the next step of {step}"
    back = f"{many(cycles, 'cycle')} of {season}" if season else "24 steps"
    back = f"{back}, at least twice the horizon, at most a fifth of the series"
    data = "as asked" if asked_for(choices) else "a time column with nothing but numbers beside it"
    return (
        history,
        horizon,
        {
            "data.task": f"{data}; --target or data.task say otherwise",
            "data.horizon": "as asked" if choices.horizon else f"{ahead}; --set data.horizon=N for more",
            "data.history": "as asked" if choices.history else back,
            "data.split": "a forecast is tested on what comes later: the last fifth of the steps, unless data.test_from says",
            "data.target": "as asked" if choices.target else "every variable of the series; --target for some",
            "data.missing": "the last value seen before, never a later one; answers are never made up",
            "data.normalise": "each variable to mean 0 and standard deviation 1, over the training steps alone",
            "data.normalise_targets": "as the inputs; predictions come back in their own units",
        },
    )


def cycle_of(train: np.ndarray, seasons: tuple[int, ...], horizon: int) -> int:
    """Which of several cycles says best what comes half a horizon ahead: the least squared error, over the training
    steps [T, C], of the value whole cycles before."""
    ahead, spread = (horizon + 1) // 2, np.nanstd(train, 0)
    least = (np.inf, seasons[0])
    for season in (s for s in seasons if len(train) > 2 * s):
        lag = season * -(-ahead // season)
        wrong = (train[lag:] - train[:-lag]) / np.where(spread > 0, spread, 1.0)
        least = min(least, (float(np.nanmean(wrong**2)), season))
    return least[1]


def _steps(found: Series, choices: DataChoices) -> Bounds:
    """The steps of each part, in the order of time. Raises DataError where another split is asked for."""
    if choices.split not in ("auto", "time"):
        known = "a forecast is tested on what comes later"
        raise DataError(f"data.split = {choices.split}", known, "choose time, or leave it out")
    n = len(found)
    n_test, n_valid = round(n * choices.test_frac), round(n * choices.valid_frac)
    second = n - n_test
    if choices.test_from:
        second = found.axis.place(choices.test_from, "data.test_from")
        _inside(second, found, f"data.test_from = {choices.test_from}")
    first = second - n_valid
    if choices.valid_from:
        first = found.axis.place(choices.valid_from, "data.valid_from")
        _inside(first, found, f"data.valid_from = {choices.valid_from}")
    if not 0 < first < second:
        said = (
            f"{found.axis.labels(np.array([first]))[0]}, and the test from {found.axis.labels(np.array([second]))[0]}"
        )
        raise DataError("steps to train on, then to choose by, then to test on", f"choosing would begin at {said}",
                        "choose other data.valid_from, data.test_from")  # fmt: skip
    return {"train": (0, first), "valid": (first, second), "test": (second, n)}


def _origins(steps: Bounds, history: int, horizon: int, gap: int, found: Series) -> Bounds:
    """Windows of each part, those whose answers lie all within it, `gap` steps after the part before it; what a window
    looks back on may lie before. Raises DataError for a part without a window."""
    bounds = {}
    for part, (start, stop) in steps.items():
        first = max(start + (gap if part != "train" else 0) - history, 0)
        last = stop - horizon - history
        if last < first:
            raise DataError(
                f"windows of {history:,} + {horizon:,} steps (data.history + data.horizon)",
                f"{many(len(found), 'step')} of {found.axis.said()}, {stop - start:,} of them for {part}",
                "give a longer series, or smaller windows: --set data.history=N data.horizon=N",
            )
        bounds[part] = (first, last + 1)
    return bounds


def carried(values: np.ndarray) -> np.ndarray:
    """values [T, C] with each gap filled by the last value before it; NaN where there is none."""
    gone = np.isnan(values)
    at = np.maximum.accumulate(np.where(gone, 0, np.arange(len(values))[:, None]), 0)
    return np.take_along_axis(values, at, 0) if gone.any() else values


def _middle(train: np.ndarray) -> np.ndarray:
    """Medians [C] of the training steps [T, C], 0 for a variable without any."""
    middle, seen = np.zeros(train.shape[1]), np.isfinite(train).any(0)
    middle[seen] = np.nanmedian(train[:, seen], 0)
    return middle


def _preparation(
    found: Series, train: np.ndarray, middle: np.ndarray, size: tuple[int, int], choices: DataChoices
) -> Preparation:
    """Scaling of each variable, and what stands for values that nothing precedes, from the training steps alone."""
    k, methods = found.n_targets, []
    for key, asked in (("normalise", choices.normalise), ("normalise_targets", choices.normalise_targets)):
        methods.append("standardise" if asked == "auto" else asked)
        if methods[-1] not in METHODS:
            raise DataError(f"data.{key} = {asked}", "a series, whose steps keep their order", "choose standardise")
    learnt, targets = Scaling.fit(train, methods[0]), Scaling.fit(train[:, :k], methods[1])
    parts = {n: v.reshape(-1, 1) for n, v in learnt.parts.items()}  # [C, 1], against [N, C, L]
    shape = (train.shape[1], size[0])
    return Preparation(
        "series",
        "forecast",
        shape,
        Scaling(methods[0], shape, True, parts),
        names=found.names,
        target_names=found.names[:k],
        target_scaling=targets,
        shape_of_output=(k, size[1]),
        fill=torch.from_numpy(middle[:, None].astype(np.float64)),
    )


def _part(windows: torch.Tensor, answers: torch.Tensor, first: int, stop: int) -> Split:
    """The windows of a part, views where all of them have an answer."""
    x, y, rows = windows[first:stop], answers[first:stop], np.arange(first, stop)
    if y.isnan().any():
        keep = ~y.isnan().flatten(1).all(1)
        if not keep.any():
            raise DataError("answers in every part of the series", "a part without a known value", "mend the series")
        if not keep.all():
            return Split(x[keep], y[keep], rows[keep.numpy()])
    return Split(x, y, rows)


def _facts(found: Series, missing: np.ndarray, steps: Bounds, splits: dict[str, Split], whole: Raw) -> dict[str, Any]:
    """Counts as `facts_of` gives them, and of the series: its step, season, gaps, and where parts begin."""
    axis, values = found.axis, found.values[: steps["train"][1]]
    targets = {
        n: {
            "mean": float(np.nanmean(v)),
            "sd": float(np.nanstd(v)),
            "min": float(np.nanmin(v)),
            "max": float(np.nanmax(v)),
            "unit": whole.units.get(n, ""),
        }
        for n, v in zip(whole.target_names, values.T)
        if np.isfinite(v).any()
    }
    return {
        "class_counts": {},
        "missing": {n: int(m) for n, m in zip(found.names, missing) if m},
        "duplicates": 0,
        "repeated": 0,
        "left_out": {},
        "n_rows": len(found),
        "n_features": len(found.names),
        "constant_features": int((np.nanmin(values, 0) == np.nanmax(values, 0)).sum()),
        "target": targets,
        "step": axis.said(),
        "seasons": list(axis.seasons),
        "gaps": found.gaps,
        "sentinels": found.sentinels,
        "n_windows": {s: len(p) for s, p in splits.items()},
        "begins": {s: axis.labels(np.array([a]))[0] for s, (a, _) in steps.items()},
        "ends": axis.labels(np.array([len(found) - 1]))[0],
    }


def _notes(found: Series, missing: np.ndarray, left: int) -> tuple[Finding, ...]:
    if not missing.any():
        return ()
    said = ", ".join(f"{n} {m:,} ({percent(m / len(found))})" for n, m in zip(found.names, missing) if m)
    more = f"; {many(left, 'window')} without any known answer left out" if left else ""
    return (
        Finding(
            "data-nonfinite",
            "info",
            f"{many(int(missing.sum()), 'value')} missing: windows hold the last one seen before, answers none{more}",
            evidence=said,
            stage="data",
        ),
    )
