"""ahead: the last window of a series that a run forecasts from, and the times of the steps it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.units import many
from wellfit.verbs.load.series import Series, series
from wellfit.verbs.load.windows import carried


def ahead(
    raw: Raw, choices: DataChoices, prepared: Preparation, facts: Mapping[str, Any]
) -> tuple[np.ndarray, list[str]]:
    """(window [1, C, L] in the user's units, NaN only where nothing was known before, the H times after its last step).

    choices, facts: of the run (its recipe, its data.json). Raises DataError where the table lacks a variable of
    training, has steps of another length, or does not reach back far enough.
    """
    found = last_of(raw, choices, prepared, facts)
    _, history = prepared.shape
    n = len(found)
    if n < history:
        raise DataError(
            f"the last {many(history, 'step')} of {found.axis.said()}, as in training (data.history)",
            f"{many(n, 'step')} in {raw.name}",
            "give a file that reaches back further",
        )
    window = carried(found.values)[-history:].T[None]
    return window, found.axis.labels(n + np.arange(prepared.shape_out[1]))


def last_of(raw: Raw, choices: DataChoices, prepared: Preparation, facts: Mapping[str, Any]) -> Series:
    """The series of a table, read as the run's own was."""
    if raw.kind != "table":
        holds = "pictures" if raw.kind == "pictures" else f"an array of shape {np.shape(raw.inputs)}"
        raise DataError("a table with a time column, as in training", f"{raw.name} holds {holds}", "give such a table")
    found = series(raw, choices, prepared.names, facts.get("sentinels", {}))
    step = facts.get("step")
    if step and found.axis.said() != step:
        what = f"steps of {found.axis.said()} in {raw.name}" if len(found) > 1 else f"one row in {raw.name}"
        raise DataError(f"steps of {step}, as in training", what, "give the series in the steps it was trained on")
    return found
