"""part: the split that the data call for, and what was found about copies of rows on both sides of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.units import percent
from wellfit.verbs.load.ask import Asked
from wellfit.verbs.load.read import row_hashes
from wellfit.verbs.load.split import Grounds, Rows, copies, split, straddling
from wellfit.verbs.load.task import Question

COARSE = 0.5  # share of rows that are copies, above which inputs are so coarse that copies are no accident
NOTABLE = 0.01  # share of test rows seen in training: the figure can be off by at most as much


@dataclass(frozen=True)
class Parted:
    """how: the split's word; why; rows: by part; repeated: rows that are copies of an earlier one; duplicates: rows
    of valid and test with a copy where they must have none; time: the column that ordered the rows."""

    how: str
    why: str
    rows: Rows
    repeated: int
    duplicates: int
    time: str | None
    findings: tuple[Finding, ...]


def part(asked: Asked, what: Question, choices: DataChoices) -> Parted:
    """Rows parted as the recipe says, or as the data call for. Raises DataError for an empty part, and for a class
    that no training row has."""
    how, why = _choose(asked, what, choices)
    units = _units(asked)
    n = len(units)
    repeated = n - (int(units.max()) + 1 if n else 0)
    coarse = repeated > COARSE * n
    grounds = Grounds(what.indices, np.arange(n) if coarse else units, asked.given, asked.group, asked.time)
    rows = split(how, grounds, choices)
    _every_class(what, rows, how)
    shared = straddling(units, rows)
    notes = _copies_note(repeated, shared, rows, coarse, how)
    kept = repeated and not coarse and how in ("stratified", "random")
    why += f"; {repeated:,} copies of rows kept on the side of the row they copy" if kept else ""
    time = asked.time_name if how == "time" else choices.time
    return Parted(how, why, rows, repeated, shared["valid"] + shared["test"], time, notes)


def _choose(asked: Asked, what: Question, choices: DataChoices) -> tuple[str, str]:
    """The split's word and why."""
    if choices.split == "stratified" and what.task != "classification":
        raise DataError("data.split = stratified", f"a {what.task}, which has no classes to keep in proportion", "choose random")
    if choices.split == "given" and asked.given is None:
        raise DataError("data.split = given", "the source does not say which row is in which split",
                        "add a column named split (train, valid, test), or choose another split")  # fmt: skip
    if choices.split != "auto":
        return choices.split, "as asked"
    said = set() if asked.given is None else set(np.unique(asked.given).tolist()) & {"valid", "test"}
    if said:
        lacking = sorted({"valid", "test"} - said)
        return "given", "the source says so" + (f"; {' and '.join(lacking)} taken from its training rows" if lacking else "")
    if choices.group:
        return "group", f"rows of one {choices.group} stay together"
    if choices.time:
        return "time", f"the latest rows by {choices.time} are the test"
    if what.task == "classification":
        late = f"; rows are in order of {asked.time_name}: --set data.time={asked.time_name} tests on the latest" if asked.time_name else ""
        return "stratified", "each part has the classes in the same proportion" + late
    if asked.time_name:
        return "time", f"rows are in order of {asked.time_name!r}: at random, neighbours in time would leak the answers"
    return "random", "rows have no order, group or classes to heed"


def _units(asked: Asked) -> np.ndarray:
    """[N] numbers, equal for rows that are copies of one another in inputs and target (identifiers apart)."""
    inputs = asked.inputs
    if not isinstance(inputs, np.ndarray):
        apart = [c for c in inputs.columns if inputs[c].dtype.kind != "f" and inputs[c].is_unique]
        if len(apart) < inputs.shape[1]:
            inputs = inputs.drop(columns=apart)
    hashes = row_hashes(inputs)
    y = asked.y if asked.y.dtype.kind in "buif" else asked.y.astype(str)
    return copies(hashes * np.uint64(31) + row_hashes(np.ascontiguousarray(y).reshape(len(y), -1)))


def _every_class(what: Question, rows: Rows, how: str) -> None:
    if what.task != "classification":
        return
    counts = {name: np.bincount(what.indices[part], minlength=len(what.classes)) for name, part in rows.items()}
    unseen = np.flatnonzero(counts["train"] == 0)
    if len(unseen):
        elsewhere = int(counts["valid"][unseen[0]] + counts["test"][unseen[0]])
        raise DataError(
            f"training rows of every class (split: {how})",
            f"{len(unseen)} of {len(what.classes)} classes have none, first {what.classes[unseen[0]]!r} with {elsewhere:,} rows elsewhere",
            "choose --set data.split=stratified, or leave these rows out",
        )


def _copies_note(repeated: int, shared: dict[str, int], rows: Rows, coarse: bool, how: str) -> tuple[Finding, ...]:
    across = shared["valid"] + shared["test"]
    if across:
        n_test = len(rows["test"])
        share = shared["test"] / n_test
        return (
            Finding(
                "data-leak",
                "warning" if max(share, shared["valid"] / len(rows["valid"])) >= NOTABLE and not coarse else "info",
                f"{across:,} rows of validation and test are copies of rows seen before"
                + ("; with inputs this coarse, copies are to be expected" if coarse else ""),
                evidence=f"{shared['test']:,} of {n_test:,} test rows ({percent(share)}), {shared['valid']:,} of"
                f" {len(rows['valid']):,} validation rows; {repeated:,} rows in all repeat an earlier one, target included",
                remedy="" if coarse else "remove the copies, or --set data.split=stratified (random for numbers)"
                " to keep copies on one side",
                limit=NOTABLE,
                source="a copied test row moves the test figure by at most its share",
                stage="data",
            ),
        )
    if repeated:
        said = "kept with the row they copy, so that none straddles the splits" if how in ("stratified", "random") else "none straddles"
        return (Finding("data-leak", "info", f"{repeated:,} rows repeat an earlier one, target included; {said}", stage="data"),)
    return ()
