"""target: which column or columns of a table are to be predicted, by name or, failing that, by place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from wellfit.nouns.columns import missing_column, numbers, series_of, texts
from wellfit.nouns.errors import DataError
from wellfit.verbs.load.columns import date_form

if TYPE_CHECKING:
    import pandas as pd

# Names under which the answer stands in published tables: first those that mean "the answer" and nothing else,
# then common answers, which count only as the whole name or as its last or first word.
# fmt: off
ANSWERS = frozenset(("target", "targets", "label", "labels", "class", "y", "outcome", "response", "output", "answer",
                     "ground_truth"))
USUAL = frozenset(("species", "quality", "price", "value", "diagnosis", "survived", "churn", "income", "salary",
                   "default", "fraud", "rating", "grade", "cost", "sales", "demand", "yield", "activity", "category",
                   "result", "measured"))
# fmt: on
WHOLE_ONLY = frozenset(("income", "salary", "cost", "grade", "rating", "category", "activity", "default"))


def target_of(frame: pd.DataFrame, asked: str | tuple[str, ...] | None, name: str) -> tuple[tuple[str, ...], str]:
    """(target columns, why). Raises DataError where an asked one is not there (with the nearest that is), or where
    none was asked for and nothing points to one."""
    known = [str(c) for c in frame.columns]
    if asked:
        wanted = (asked,) if isinstance(asked, str) else tuple(asked)
        for column in wanted:
            if column not in known:
                raise missing_column(column, known, f"the target column of {name},")
        if len(wanted) == len(known):
            raise DataError(
                f"targets {', '.join(wanted)}", f"{name} has no other column", "leave some columns to learn from"
            )
        return wanted, "as asked"
    named, others = by_name(known)
    if named:
        beside = f"; {', '.join(map(repr, others))} would do as well" if others else ""
        return (named,), f"{named!r} is named like a target{beside}; --target says otherwise"
    last = known[-1]
    why_not = _implausible(series_of(frame, last))
    if len(known) < 2 or why_not:
        listed = ", ".join(known[:40]) + (f" and {len(known) - 40} more" if len(known) > 40 else "")
        raise DataError(
            f"the column of {name} to predict",
            f"no name that says so, and the last column, {last!r}, {why_not or 'is the only one'}; there are {listed}",
            "say which with --target COLUMN",
        )
    return (last,), f"{last!r} is the last column, and no other is named like a target; --target says otherwise"


def by_name(known: list[str]) -> tuple[str | None, list[str]]:
    """The column named most like a target, and the others that are named as much so; (None, []) for none."""
    words = {k: _words(k) for k in known}
    ranks = (
        [k for k in known if k.strip().casefold() in ANSWERS],
        [k for k in known if k.strip().casefold() in USUAL],
        [k for k in known if set(words[k]) & ANSWERS],
        [k for k in known if {words[k][-1], words[k][0]} & (USUAL - WHOLE_ONLY)],
    )
    for found in ranks:
        if found:
            return found[-1], found[:-1]
    return None, []


def _words(name: str) -> list[str]:
    """'SalePrice' -> ['sale', 'price']; 'median_house_value' -> ['median', 'house', 'value']."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[a-z0-9]+", apart.casefold()) or [name]


def _implausible(series: pd.Series) -> str:
    """Why a column can hardly be what is to be predicted; "" where it can."""
    import pandas as pd

    lost = float(series.isna().mean())
    if lost > 0.5:
        return f"is {lost:.0%} empty"
    distinct = series.nunique()
    if distinct <= 1:
        return "is the same in every row"
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or date_form(series):
        return "holds dates"
    if pd.api.types.is_numeric_dtype(series.dtype):
        values = numbers(series)[0]
        counted = len(values) > 2 and (np.diff(values) == 1).all()
        return "counts the rows" if counted else ""
    words, gone = texts(series)
    told = np.isfinite(numbers(series)[0]).mean() > 0.5
    if not told and distinct > max(20, 0.2 * (len(words) - gone.sum())):
        return f"holds text ({distinct:,} different values)"
    return ""
