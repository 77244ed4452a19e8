"""columns: what each column of a table is (number, category, date ...), from its training rows; which are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.columns import TRUE, Column, dates, numbers, series_of, texts
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding

if TYPE_CHECKING:
    import pandas as pd

MOST_LEVELS = 64  # features of one category; rarer levels share "other"
FEWEST_ROWS = 5  # training rows below which a level's weight cannot be told from noise (2 in small tables)
MOSTLY = 0.8  # a text column with at least this share of numbers is a column of numbers with errors in it
FORMATS = (
    "ISO8601",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %H:%M",
)
ID_WORDS = frozenset(
    ("id", "ids", "index", "idx", "no", "nr", "row", "rowid", "rownum", "uuid", "guid", "key", "unnamed: 0")
)


@dataclass(frozen=True)
class Plan:
    """columns: those that become features; left_out: column -> why."""

    columns: tuple[Column, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """One finding for the columns that were left out, if any."""
        if not self.left_out:
            return ()
        why = "; ".join(f"{name}: {reason}" for name, reason in self.left_out.items())
        n = len(self.left_out)
        return (
            Finding(
                "columns-left-out",
                "info",
                f"{n} column{'s' if n > 1 else ''} left out: {', '.join(self.left_out)}",
                evidence=why,
                remedy="turn the column into numbers or categories beforehand if it should count",
                stage="data",
            ),
        )


def plan(train: pd.DataFrame, missing: str) -> Plan:
    """How each column of the training rows (indexed by their rows in the source) becomes features.

    Raises DataError where no column is left to learn from.
    """
    columns: list[Column] = []
    left: dict[str, str] = {}
    for name in train.columns:
        column, why = _column(series_of(train, name), missing)
        if column is None:
            left[name] = why
        else:
            columns.append(column)
    if not columns and (rows := [n for n, why in left.items() if why == ROW_NUMBERS]):
        columns, left = [Column(n, "number") for n in rows], {n: w for n, w in left.items() if n not in rows}
    if not columns:
        raise DataError(
            "columns to learn from",
            "; ".join(f"{n}: {why}" for n, why in left.items()) or "none besides the target",
            "give at least one column of numbers, categories or dates besides the target",
        )
    return Plan(tuple(columns), left)


ROW_NUMBERS = "row numbers"


def _column(series: pd.Series, missing: str) -> tuple[Column | None, str]:
    """The column's plan, or None and why it is left out."""
    import pandas as pd

    name = str(series.name)
    lost = series.isna().to_numpy(dtype=bool)
    if lost.all():
        return None, "empty in every training row"
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return _date(series, "")
    if pd.api.types.is_numeric_dtype(series.dtype) or pd.api.types.is_timedelta64_dtype(series.dtype):
        if form := date_form(series):
            return _date(series, form)
        return _number(series, numbers(series)[0], missing, boolean=pd.api.types.is_bool_dtype(series.dtype))
    words, _ = texts(series)
    said = np.unique(words[~lost])
    if {w.casefold() for w in said.tolist()} in ({"true", "false"}, {"t", "f"}, {"yes", "no"}):
        values = np.where(lost, np.nan, np.isin(np.char.lower(words.astype(str)), list(TRUE)))
        return _number(series, values, missing, boolean=True)
    if not isinstance(series.dtype, pd.CategoricalDtype) and not _leading_zero(said):
        values, bad = numbers(series)
        told = int(np.isfinite(values).sum())
        if told and told >= MOSTLY * (told + bad.sum()):
            return _number(series, values, missing)
        if form := date_form(series):
            return _date(series, form)
    return _category(name, words, lost)


def _leading_zero(words: np.ndarray) -> bool:
    """Codes such as '01234' are names, not numbers."""
    return any(len(w) > 1 and w[0] == "0" and w.isdigit() for w in words[:1000].tolist())


def _number(series: pd.Series, values: np.ndarray, missing: str, *, boolean: bool = False) -> tuple[Column | None, str]:
    name = str(series.name)
    known = values[np.isfinite(values)]
    lost = len(values) - len(known)
    if not len(known):
        return None, "no finite number in any training row"
    if not lost and (known == known[0]).all():
        return None, f"the same in every training row ({known[0]:g})"
    if not boolean and not lost and _is_row_number(name, series, known):
        return None, ROW_NUMBERS
    median = float(known.mean() >= 0.5) if boolean else float(np.median(known))
    kind = "boolean" if boolean else "number"
    return Column(name, kind, fill=median, indicator=lost > 0, lenient=missing == "impute"), ""


def _is_row_number(name: str, series: pd.Series, values: np.ndarray) -> bool:
    """Whole numbers, all different: counted up in steps from near 0, or under a name that says it is an identifier."""
    if len(values) < 20 or not (values == np.floor(values)).all() or len(np.unique(values)) < len(values):
        return False
    gaps = np.diff(series.index.to_numpy(np.float64))  # rows in the source, so that gaps left by the split do not count
    counted = len(gaps) > 0 and np.array_equal(np.diff(values), gaps) and abs(values[0] - float(series.index[0])) <= 1
    words = set(name.casefold().replace("-", "_").replace(" ", "_").split("_")) | {name.casefold()}
    return counted or bool(words & ID_WORDS) or name.endswith(("Id", "ID"))


def _category(name: str, words: np.ndarray, lost: np.ndarray) -> tuple[Column | None, str]:
    levels, counts = np.unique(words[~lost], return_counts=True)
    return category(name, levels, counts, bool(lost.any()))


def category(name: str, levels: np.ndarray, counts: np.ndarray, lost: bool) -> tuple[Column | None, str]:
    """A category by how often each of its levels (in order) is there in the training rows; None, and why it is left out."""
    n = int(counts.sum())
    if len(levels) == 1 and not lost:
        return None, f"the same in every training row ({levels[0]!r})"
    if len(levels) > 20 and len(levels) >= n / 2:
        return None, f"an identifier or free text ({len(levels):,} different values in {n:,} training rows)"
    fewest = min(FEWEST_ROWS, max(2, n // 50))
    common = np.flatnonzero(counts >= fewest)
    common = np.sort(common[np.argsort(-counts[common], kind="stable")][:MOST_LEVELS])
    if not len(common):
        return None, f"every one of its {len(levels):,} values is in fewer than {fewest} training rows"
    kept = tuple(str(level) for level in levels[common])
    return Column(name, "category", levels=kept, other=len(kept) < len(levels), missing_level=lost), ""


def _date(series: pd.Series, form: str) -> tuple[Column | None, str]:
    name, days = str(series.name), dates(series, form)
    known = days[np.isfinite(days)]
    if not len(known):
        return None, "no date in any training row"
    if (known == known[0]).all() and len(known) == len(days):
        return None, "the same date in every training row"
    span = known.max() - known.min()
    parts = ["days"]
    parts += ["year"] if span > 365 else []
    parts += ["week"] if span > 14 and len(np.unique(np.floor(known[:10_000]) % 7)) > 2 else []
    parts += ["day"] if len(np.unique(np.floor(known[:10_000] % 1 * 24))) > 2 else []
    fill = float(np.median(known))
    return Column(name, "date", fill=fill, indicator=len(known) < len(days), format=form, parts=tuple(parts)), ""


def date_form(series: pd.Series) -> str:
    """The format in which a column of text, or of whole numbers yyyymmdd under a name with 'date', holds dates; ""."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(series.dtype):
        values = series.dropna()
        whole = "date" in str(series.name).casefold() and len(values) and values.between(17000101, 22001231).all()
        return "%Y%m%d" if whole and np.isfinite(dates(values.head(1000), "%Y%m%d")).all() else ""
    head: Any = series.dropna().head(1000).astype(object)
    head = head[head.map(str).str.strip() != ""]
    if head.empty or not head.head(20).map(str).str.match(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}").all():
        return ""
    fits = [f for f in FORMATS if np.isfinite(dates(head, f)).all()]
    return fits[0] if len(fits) == 1 or (fits and fits[0] == "ISO8601") else ""


def survey(frame: pd.DataFrame, columns: tuple[Column, ...], missing: str) -> dict[str, int]:
    """Missing values by column over all rows (those of other columns too), without the columns that have none.

    Raises DataError for Inf unless missing = "impute", for any missing value where missing = "refuse".
    """
    kinds = {c.name: c for c in columns}
    found: dict[str, int] = {}
    for name in frame.columns:
        lost = int(series_of(frame, name).isna().sum())
        if name in kinds and kinds[name].kind == "number":
            values, bad = numbers(series_of(frame, name))
            infinite = int(np.isinf(values).sum())
            if infinite and missing != "impute":
                raise not_finite(name, infinite, len(values), "Inf")
            lost = len(values) - int(np.isfinite(values).sum()) - int(bad.sum() if missing != "impute" else 0)
        elif name in kinds and kinds[name].kind == "date":
            lost = len(frame) - int(np.isfinite(dates(series_of(frame, name), kinds[name].format)).sum())
        if lost:
            found[name] = lost
        if lost and missing == "refuse" and name in kinds:
            raise not_finite(name, lost, len(frame), "missing")
    return found


def not_finite(name: str, count: int, n: int, what: str) -> DataError:
    """The refusal of Inf or missing values, with column and count."""
    return DataError(
        f"finite numbers in column {name!r}" if what == "Inf" else f"column {name!r} without gaps",
        f"{count:,} of {n:,} rows {'is' if count == 1 else 'are'} {what}",
        "mend them, or --set data.missing=impute to put the training median in their place",
    )
