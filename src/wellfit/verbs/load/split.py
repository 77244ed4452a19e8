"""split: which rows train, which choose, and which are kept for the one test at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import DataChoices

FEWEST = 10  # rows: under it a part would be empty
Rows = dict[str, np.ndarray]


@dataclass(frozen=True)
class Grounds:
    """What a split goes by. N rows; strata [N]: class index, or zeros; units [N]: rows of one unit stay on one side
    (copies of one another); given [N], group [N], time [N]: as the source or the recipe says, else None."""

    strata: np.ndarray
    units: np.ndarray
    given: np.ndarray | None = None
    group: np.ndarray | None = None
    time: np.ndarray | None = None


def split(how: str, grounds: Grounds, choices: DataChoices) -> Rows:
    """{"train": rows, "valid": rows, "test": rows}, each in ascending order. Raises DataError for an empty part."""
    n = len(grounds.strata)
    if n < FEWEST:
        raise DataError("rows to train, to choose and to test on", f"{n} rows in all", f"give {FEWEST} rows or more")
    _check_fractions(how, choices)
    rng = np.random.default_rng(choices.seed)
    if how == "given":
        rows = _given(grounds, choices, rng)
    elif how == "time":
        rows = _by_time(grounds.time if grounds.time is not None else np.arange(n), choices)
    elif how == "group":
        units = np.unique(grounds.group, return_inverse=True)[1] if grounds.group is not None else grounds.units
        rows = _parted(np.arange(n), np.zeros(n), units, choices.valid_frac, choices.test_frac, rng)
    else:
        strata = grounds.strata if how == "stratified" else np.zeros(n)
        rows = _parted(np.arange(n), strata, grounds.units, choices.valid_frac, choices.test_frac, rng)
    empty = [name for name, part in rows.items() if not len(part)]
    if empty:
        kinds = (
            f"{len(np.unique(grounds.group)):,} groups"
            if how == "group" and grounds.group is not None
            else f"{n:,} rows"
        )
        raise DataError(
            f"a {how} split into train, valid and test",
            f"{kinds}; no row is left for {' and '.join(empty)}",
            "give more data, or larger data.valid_frac and data.test_frac",
        )
    return rows


def _check_fractions(how: str, choices: DataChoices) -> None:
    for key in ("valid_frac", "test_frac"):
        if getattr(choices, key) == 0 and how != "given":
            what = "to choose by" if key == "valid_frac" else "for the test"
            raise DataError(f"data.{key} = 0", f"no rows {what}", f"set data.{key} to 0.1 or so")


def _parted(
    rows: np.ndarray,
    strata: np.ndarray,
    units: np.ndarray,
    valid_frac: float,
    test_frac: float,
    rng: np.random.Generator,
) -> Rows:
    """Rows parted at random, stratum by stratum, whole units at a time; each stratum of two rows or more is in
    train, of three or more in all parts that have a share."""
    found: dict[str, list[np.ndarray]] = {"train": [], "valid": [], "test": []}
    for stratum in np.unique(strata[rows]):
        members = rows[strata[rows] == stratum]
        unit = np.unique(units[members], return_inverse=True)[1]
        sizes = np.bincount(unit)
        order = rng.permutation(len(sizes))
        filled = np.cumsum(sizes[order]) - sizes[order] / 2  # the middle of each unit decides
        few = 1 if len(sizes) > 2 else 0
        n_test = max(round(len(members) * test_frac), few) if test_frac else 0
        n_valid = max(round(len(members) * valid_frac), few) if valid_frac else 0
        place = np.where(filled < n_test, 0, np.where(filled < n_test + n_valid, 1, 2))
        place[-1] = 2  # one unit at least trains
        side = np.empty(len(sizes), dtype=np.int64)
        side[order] = place
        for i, name in enumerate(("test", "valid", "train")):
            found[name].append(members[side[unit] == i])
    return {name: np.sort(np.concatenate(parts)) for name, parts in found.items()}


def _by_time(time: np.ndarray, choices: DataChoices) -> Rows:
    """The latest rows test, those before them choose, the earliest train."""
    order = np.argsort(time, kind="stable")
    first, second = ends(len(order), choices.valid_frac, choices.test_frac)
    return {"train": order[:first], "valid": order[first:second], "test": order[second:]}


def ends(n: int, valid_frac: float, test_frac: float) -> tuple[int, int]:
    """Where training and validation end among n in their order, each of validation and test one at least."""
    n_test, n_valid = max(1, round(n * test_frac)), max(1, round(n * valid_frac))
    return n - n_test - n_valid, n - n_test


def _given(grounds: Grounds, choices: DataChoices, rng: np.random.Generator) -> Rows:
    """The source's own parts; what is missing of valid or test is taken from its training rows."""
    given = grounds.given if grounds.given is not None else np.full(len(grounds.strata), "train")
    rows = {name: np.flatnonzero(given == name) for name in ("train", "valid", "test")}
    valid_frac = 0.0 if len(rows["valid"]) else choices.valid_frac or 0.15
    test_frac = 0.0 if len(rows["test"]) else choices.test_frac or 0.2
    if valid_frac or test_frac:
        own = _parted(rows["train"], grounds.strata, grounds.units, valid_frac, test_frac, rng)
        rows |= {name: part for name, part in own.items() if name == "train" or len(part)}
    return rows


def copies(hashes: np.ndarray) -> np.ndarray:
    """[N] numbers, equal for rows whose hashes are equal, counted up by first appearance: so that a split depends
    on where rows are and which are copies, not on what is in them."""
    _, first, number = np.unique(hashes, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[number]


def straddling(units: np.ndarray, rows: Rows) -> dict[str, int]:
    """How many rows of valid and of test have a copy in a part that they must not: valid in train, test in either."""
    valid = int(np.isin(units[rows["valid"]], units[rows["train"]]).sum())
    seen = np.concatenate([units[rows["train"]], units[rows["valid"]]])
    return {"valid": valid, "test": int(np.isin(units[rows["test"]], seen).sum())}
