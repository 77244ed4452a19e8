"""unasked: data of which nothing is to be predicted: every column is an input, and rows must be whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.columns import missing_column, numbers, series_of, texts
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.task import task_of
from wellfit.nouns.units import many
from wellfit.verbs.load.ask import Asked, comparable, weights
from wellfit.verbs.load.columns import Plan

if TYPE_CHECKING:
    import pandas as pd

EMPTY = 0.5  # share of missing values above which a column is left out, rather than its rows
NAMES = ("log-density",)


def asks_nothing(choices: DataChoices) -> bool:
    """Does the recipe name a task without answers?"""
    return choices.task != "auto" and task_of(choices.task).form == "density"


def unasked(raw: Raw, choices: DataChoices) -> Asked:
    """The examples, with zeros in the place of answers. Rows with missing values are left out of tables, and counted:
    what would be filled in would be learnt as if it had been measured. Raises DataError for a target, and where
    nothing is left."""
    if choices.target is not None:
        found = f"data.task = {choices.task} predicts nothing; every column is looked at"
        do = f"leave --target out; without the column: --set 'data.drop=[\"{choices.target}\"]'"
        raise DataError(f"the target {choices.target!r}", found, do)
    why = "nothing is predicted" + (
        "; the answers that come with the data are left out" if raw.targets is not None else ""
    )
    if isinstance(raw.inputs, np.ndarray):
        for key in ("group", "time", "drop", "weight"):
            if getattr(choices, key):
                asked, found = f"data.{key} = {getattr(choices, key)!r}", f"{raw.name} holds no columns"
                raise DataError(asked, found, "give a table, as CSV, Parquet or DataFrame")
        if not len(raw):
            raise DataError(f"examples in {raw.name}", "none", "name a source with rows in it")
        weight = None if raw.weight is None else weights(raw.weight, "the weights")
        y, rows = np.zeros((len(raw), 1)), np.arange(len(raw))
        return Asked(raw.inputs, y, NAMES, None, why, rows, raw.given, weight=weight)
    return _of_table(raw, raw.inputs, choices, why)


def _of_table(raw: Raw, frame: pd.DataFrame, choices: DataChoices, why: str) -> Asked:
    frame = comparable(frame.reset_index(drop=True))
    for key in (*choices.drop, choices.group, choices.time, choices.weight):
        if key and key not in frame.columns:
            raise missing_column(key, list(frame.columns), "the column")
    group = texts(series_of(frame, choices.group))[0] if choices.group else None
    time = numbers(series_of(frame, choices.time))[0] if choices.time else None
    weight = weights(numbers(series_of(frame, choices.weight))[0], choices.weight) if choices.weight else None
    apart = [c for c in (*choices.drop, choices.group, choices.weight) if c]
    inputs = frame.drop(columns=list(dict.fromkeys(apart)))
    lost = {name: _lost(series_of(inputs, name)) for name in inputs.columns}
    empty = [name for name, gone in lost.items() if gone.mean() > EMPTY]
    inputs = inputs.drop(columns=empty)
    whole = ~np.any([lost[name] for name in inputs.columns] or [np.zeros(len(frame), bool)], axis=0)
    if not whole.any() or not inputs.shape[1]:
        found = f"none of {many(len(frame), 'row')} is whole" if inputs.shape[1] else "every column is mostly empty"
        raise DataError(
            f"rows without missing values in {raw.name}", found, "leave columns out: --set 'data.drop=[...]'"
        )
    kept = lambda a: None if a is None else a[whole]
    rows = np.flatnonzero(whole)
    findings = _notes(lost, empty, len(frame), len(rows))
    return Asked(
        inputs.loc[whole], np.zeros((len(rows), 1)), NAMES, None, why, rows, kept(raw.given), kept(group), kept(time),
        choices.time, kept(weight), findings,
    )  # fmt: skip


def _lost(series: pd.Series) -> np.ndarray:
    """bool [N]: what is missing, or among numbers is none."""
    if series.dtype.kind in "iufb":
        return ~np.isfinite(numbers(series)[0])
    return texts(series)[1] | series.isna().to_numpy(dtype=bool)


def _notes(lost: dict[str, np.ndarray], empty: list[str], n: int, kept: int) -> tuple[Finding, ...]:
    said = "; ".join(f"{name}: {int(gone.sum()):,}" for name, gone in lost.items() if gone.any())
    found = ()
    if kept < n:
        summary = (
            f"{many(n - kept, 'row')} of {n:,} left out: values are missing in {'it' if n - kept == 1 else 'them'}"
        )
        found = (Finding("data-nonfinite", "info", summary, evidence=said, stage="data"),)
    if empty:
        summary = f"{many(len(empty), 'column')} left out, over half empty: {', '.join(empty)}"
        found += (Finding("columns-left-out", "info", summary, evidence=said, stage="data"),)
    return found


def coded(plan: Plan) -> Plan:
    """The plan with one number for each column: categories as the place of their level, dates as days, no marks of
    missing values, so that what a network draws can be read back as a row."""
    kinds = {"category": {"kind": "code", "other": True, "missing_level": False}, "date": {"parts": ("days",)}}
    columns = tuple(replace(c, indicator=False, **kinds.get(c.kind, {})) for c in plan.columns)
    return Plan(columns, plan.left_out)


def scaling_of(choices: DataChoices) -> str:
    """The scaling of a density's inputs: number by number, so that densities and draws can be brought back to the
    user's units. Raises DataError for another."""
    if choices.normalise in ("quantile", "pca", "whiten"):
        found = f"a {choices.task} gives its answers in the units of the data"
        raise DataError(f"data.normalise = {choices.normalise}", found, "choose standardise, minmax or robust")
    return "standardise" if choices.normalise == "auto" else choices.normalise
