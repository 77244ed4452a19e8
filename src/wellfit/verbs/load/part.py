"""part: the split that the data call for, and what was found about copies of rows on both sides of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.task import Question, task_of
from wellfit.nouns.units import many, percent
from wellfit.verbs.load.ask import Asked
from wellfit.verbs.load.read import row_hashes
from wellfit.verbs.load.split import Grounds, Rows, copies, split, straddling

OWN = ("stratified", "random")  # splits in which copies are kept together
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
    how, why = choose_split(asked, what, choices)
    units = _units(asked)
    n = len(units) if asked.picture is None else len(np.unique(asked.picture))  # tiles are no rows of their own
    repeated = n - (int(units.max()) + 1 if n else 0)
    coarse = repeated > COARSE * n
    alone = np.arange(n) if asked.picture is None else asked.picture
    grounds = Grounds(what.indices, alone if coarse else units, asked.given, asked.group, asked.time)
    rows = split(how, grounds, choices)
    _every_class(what, rows, how)
    shared = straddling(units, rows)
    notes = _copies_note(repeated, shared, rows, coarse, how)
    kept = repeated and not coarse and how in OWN
    why += f"; {many(repeated, 'copy', 'copies')} of rows kept on the side of the row they copy" if kept else ""
    time = asked.time_name if how == "time" else choices.time
    return Parted(how, why, rows, repeated, shared["valid"] + shared["test"], time, notes)


def choose_split(asked: Asked, what: Question, choices: DataChoices) -> tuple[str, str]:
    """The split's word and why."""
    if task_of(what.task).in_time:
        if choices.split not in ("auto", "time", "given"):
            found = f"a {what.task} is tested on what comes later"
            raise DataError(f"data.split = {choices.split}", found, "choose time, or leave it out")
        return ("given", "the source says so") if choices.split == "given" else ("time", "the latest rows are the test")
    if choices.split == "stratified" and not what.one_class:
        found = f"a {what.task}, which has no classes to keep in proportion"
        raise DataError("data.split = stratified", found, "choose random")
    if choices.split == "given" and asked.given is None:
        do = "add a column named split (train, valid, test), or choose another split"
        raise DataError("data.split = given", "the source does not say which row is in which split", do)
    if choices.split != "auto":
        return choices.split, "as asked"
    said = set() if asked.given is None else set(np.unique(asked.given).tolist()) & {"valid", "test"}
    if said:
        lacking = " and ".join(sorted({"valid", "test"} - said))
        return "given", "the source says so" + (f"; {lacking} taken from its training rows" if lacking else "")
    if choices.group:
        return "group", f"rows of one {choices.group} stay together"
    if choices.time:
        return "time", f"the latest rows by {choices.time} are the test"
    name = asked.time_name
    if what.one_class:
        late = f"; rows are in order of {name}: --set data.time={name} tests on the latest" if name else ""
        return "stratified", "each part has the classes in the same proportion" + late
    if name:
        return "time", f"rows are in order of {name!r}: at random, neighbours in time would leak the answers"
    return "random", "rows have no order, group or classes to heed"


def _units(asked: Asked) -> np.ndarray:
    """[N] numbers, equal for rows that are copies of one another in inputs and target (identifiers apart), or tiles
    of one picture, or of a copy of it."""
    inputs = asked.inputs
    if not isinstance(inputs, np.ndarray):
        apart = [c for c in inputs.columns if c != asked.time_name and unlike(inputs[c])]
        inputs = inputs.drop(columns=apart) if len(apart) < inputs.shape[1] else inputs
    y = asked.y if asked.y.dtype.kind in "buif" else asked.y.astype(str)
    answer = row_hashes(y) if y.ndim > 2 else np.unique(y, return_inverse=True, axis=0)[1].reshape(-1).astype(np.uint64)
    hashes = row_hashes(inputs) * np.uint64(31) + answer
    if asked.picture is None:
        return copies(hashes)
    whole = np.zeros(int(asked.picture.max(initial=-1)) + 1, dtype=np.uint64)  # tiles of one picture stay together
    np.add.at(whole, asked.picture, hashes)
    return copies(whole)[asked.picture]


def unlike(series: Any) -> bool:
    """Whether a column's values are all different and neither measurements nor dates: an identifier."""
    return series.dtype.kind not in "fM" and series.is_unique


def _every_class(what: Question, rows: Rows, how: str) -> None:
    if not what.one_class:
        return
    counts = {name: np.bincount(what.indices[part], minlength=len(what.classes)) for name, part in rows.items()}
    unseen = np.flatnonzero(counts["train"] == 0)
    if len(unseen):
        elsewhere = int(counts["valid"][unseen[0]] + counts["test"][unseen[0]])
        raise DataError(
            f"training rows of every class (split: {how})",
            f"{len(unseen)} of {len(what.classes)} classes have none, first {what.classes[unseen[0]]!r},"
            f" which has {many(elsewhere, 'row')} elsewhere",
            "choose --set data.split=stratified, or leave these rows out",
        )


def _copies_note(repeated: int, shared: dict[str, int], rows: Rows, coarse: bool, how: str) -> tuple[Finding, ...]:
    """What to say of copies: those across the splits with their share of the test, else those kept together."""
    if not repeated:
        return ()
    n_test, n_valid = len(rows["test"]), len(rows["valid"])
    across = shared["valid"] + shared["test"]
    all_copies = f"{many(repeated, 'copy', 'copies')} of earlier rows, target included"
    if not across:
        kept = "each kept on the side of the row it copies" if how in OWN else "none straddles the splits"
        return (Finding("data-leak", "info", f"{all_copies}; {kept}", stage="data"),)
    most = max(shared["test"] / n_test, shared["valid"] / n_valid)
    said = f"{many(across, 'row')} of validation and test are copies of rows seen before"
    test = f"{shared['test']:,} of {many(n_test, 'test row')} ({percent(shared['test'] / n_test)})"
    valid = f"{shared['valid']:,} of {many(n_valid, 'validation row')}"
    mend = "remove the copies, or let wellfit split: --set data.split=stratified (or random)"
    return (
        Finding(
            "data-leak",
            "warning" if most >= NOTABLE and not coarse else "info",
            said + ("; with inputs as coarse as these, copies are to be expected" if coarse else ""),
            evidence=f"{test}, {valid}; {all_copies}",
            remedy="" if coarse else mend,
            limit=NOTABLE,
            source="a copied test row moves the test figure by at most its share",
            stage="data",
        ),
    )
