"""streamed: Data of a source that is read piece by piece, three times: some rows to see what it is, all of them to count,
and all of them to be written down, scaled, in memory or in a file that training reads ahead from.

What a column is, and ranks and medians, are told from the sample; means, spreads, extremes, levels and classes from all
training rows. Validation and test rows are held in memory, as many as an eighth of what is allowed has room for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from wellfit.nouns.allowance import bytes_of, give_back
from wellfit.nouns.blocks import Blocks
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.errors import DataError
from wellfit.nouns.feed import Feed, block_rows
from wellfit.nouns.finding import Finding
from wellfit.nouns.preparation import Preparation, class_name, finite, tidy
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.scaling import Scaling
from wellfit.nouns.scratch import scratch
from wellfit.nouns.task import Question
from wellfit.nouns.units import many, percent
from wellfit.verbs.load.ask import Asked, ask, moments, plain_targets
from wellfit.verbs.load.large import too_large
from wellfit.verbs.load.part import choose_split, unlike
from wellfit.verbs.load.sample import Rows, Unseen, rows_of, sample, unlike_rows, with_rows
from wellfit.verbs.load.sides import TEST, TRAIN, UNUSED, VALID, WORDS, Sides
from wellfit.verbs.load.split import ends
from wellfit.verbs.load.tally import EXACT, Moments, Tally, exact
from wellfit.verbs.load.task import question

HELD_BYTES = 2**27  # of validation and of test rows, whatever is allowed, up to 1,000 rows
ENOUGH = 3  # rows of a class that the sample did not show, so that it can be told from a slip
NO_ROWS = Split(torch.empty(0), torch.empty(0), np.empty(0, np.int64))
Whole = Callable[[Raw, DataChoices], Data]


@dataclass(frozen=True)
class _Source:
    """raw: with Blocks for inputs; targets: columns of them, () for arrays; piece: bytes of a piece; missing: is a row
    without an answer left out?"""

    raw: Raw
    targets: tuple[str, ...]
    piece: int
    skip: bool

    @property
    def blocks(self) -> Blocks:
        return self.raw.inputs  # type: ignore[return-value]

    def pieces(self) -> Iterator[tuple[np.ndarray, Any, np.ndarray]]:
        """(row numbers, piece, its targets [n] or [n, K])."""
        for start, piece in self.blocks.pieces(self.piece):
            rows = np.arange(start, start + len(piece))
            yield rows, piece, self.answers(piece, rows)

    def answers(self, piece: Any, rows: np.ndarray) -> np.ndarray:
        return plain_targets(piece, self.targets) if self.targets else self.raw.targets[rows]  # type: ignore[index]

    def sides(self, sides: Sides, rows: np.ndarray, piece: Any, y: np.ndarray) -> np.ndarray:
        """Which side each row of a piece is on [n]; those without an answer are not used."""
        found = sides.of(rows, piece, None if self.targets else y)
        return np.where(self.answered(y), found, UNUSED)

    def answered(self, y: np.ndarray) -> np.ndarray:
        """Which rows have an answer [n]. Raises DataError for missing ones, unless they are to be left out."""
        from pandas import isna

        bad = ~np.isfinite(y) if y.dtype.kind == "f" else np.asarray(isna(y))
        lost = bad.reshape(len(y), -1).any(1)
        if lost.any() and not self.skip:
            label = ", ".join(self.targets) or "the targets"
            do = "fill them in, or --set data.missing=impute to leave these rows out (targets are never made up)"
            raise DataError(f"an answer for every example in {label!r}", f"{int(lost.sum()):,} missing, NaN or Inf", do)
        return np.logical_not(lost)


@dataclass(frozen=True)
class _Told:
    """choices: resolved, by key; why: rows are parted so; counts [4]: rows of each side; sample: rows looked at."""

    choices: dict[str, Any]
    why: str
    counts: np.ndarray
    sample: int


def streamed(raw: Raw, choices: DataChoices, memory: str, whole: Whole) -> Data | None:
    """Data of `raw`, whose inputs are Blocks, within about `memory`, a size; whole: makes Data of a sample in memory.

    None where the sample shows that it must be read as a whole (a series, molecules). Raises DataError as `load` does.
    """
    most = bytes_of(memory)
    found = _looked_at(raw, choices, most, whole)
    if found is None:
        return None
    source, sides, learnt, tally, told = found
    prepared = _prepared(learnt.preparation, tally, raw.kind)
    give_back()  # of the sample, before the large room is taken
    splits = _written(source, prepared, sides, told.counts, most)
    return _data(source, learnt, prepared, splits, tally, replace(told, choices={**told.choices, "memory": memory}))


def _looked_at(
    raw: Raw, choices: DataChoices, most: int, whole: Whole
) -> tuple[_Source, Sides, Data, Tally, _Told] | None:
    """(the source, how it is parted, Data of the sample without its rows, what all training rows tell, the rest)."""
    piece = int(np.clip(most // 16, 2**18, 2**23))
    some, numbers = sample(raw, most // 8, piece)
    if (why := unlike_rows(some, choices)) is not None:
        if choices.memory != "auto":
            raise too_large(raw, choices, why)
        return None
    asked = ask(some, choices)
    targets = asked.names if raw.kind == "table" else ()
    source = _Source(raw, tuple(targets), piece, choices.missing == "impute")
    some, asked, numbers, what = _question(some, asked, numbers, choices)
    how, why = choose_split(asked, what, choices)
    sides = _sides(source, some, choices, how, asked.time_name, most)
    for _ in range(2):
        given = np.array([*WORDS, ""])[sides.of(numbers, some.inputs, some.targets)]
        use = given != ""
        some, numbers, given = rows_of(some, use), numbers[use], given[use]
        learnt = whole(replace(some, given=given, fingerprint=raw.fingerprint), _as_given(choices))
        tally, counts, unseen = _counted(source, learnt, sides)
        if unseen is None:
            break
        some, numbers = with_rows(some, unseen), np.concatenate([numbers, unseen[0]])
    resolved = {"split": how, "group": choices.group, "time": sides.time or choices.time}
    rest: Any = {"raw": raw, **dict.fromkeys(WORDS, NO_ROWS)}
    return source, sides, replace(learnt, **rest), tally, _Told(resolved, why, counts, len(some))


def _question(
    some: Raw, asked: Asked, numbers: np.ndarray, choices: DataChoices
) -> tuple[Raw, Asked, np.ndarray, Question]:
    """What the sample asks for; a class that it shows only once is left to the count of all rows."""
    try:
        return some, asked, numbers, question(asked.y, asked.names, some, choices.task)
    except DataError:
        said = np.unique(asked.y.astype(str), return_inverse=True, return_counts=True) if asked.y.ndim == 1 else None
        if said is None or len(asked.y) < len(some) or (often := said[2][said[1]] > 1).all() or not often.any():
            raise
        some = rows_of(some, often)
        asked = ask(some, choices)
        return some, asked, numbers[often], question(asked.y, asked.names, some, choices.task)


def _as_given(choices: DataChoices) -> DataChoices:
    return choices.model_copy(update={"split": "given", "group": None, "time": None})


def _sides(source: _Source, some: Raw, choices: DataChoices, how: str, time: str | None, most: int) -> Sides:
    """How rows are parted, with shares of validation and test that memory has room for."""
    raw, blocks = source.raw, source.blocks
    each = blocks.size / len(blocks) if blocks.columns else 4.0 * float(np.prod(blocks.shape[1:]))
    cap = int(max(np.clip(HELD_BYTES / each, 100, 1000), most / 8 / max(1.0, each)))
    shares = tuple(min(s, cap / len(blocks)) for s in (choices.valid_frac, choices.test_frac))
    apart = tuple(c for c in blocks.columns if unlike(some.inputs[c])) if blocks.columns else ()  # type: ignore[index]
    apart = (*choices.drop, *(apart if len(apart) + len(source.targets) < len(blocks.columns) else ()))
    made = Sides(how, choices.seed, shares, apart=apart)  # type: ignore[arg-type]
    if how == "given" and raw.given is not None:
        codes = np.full(len(raw.given), TRAIN, np.int8)
        for code, word in enumerate(WORDS):
            codes[raw.given == word] = code
        n = np.bincount(codes, minlength=3)
        keep = tuple(min(1.0, cap / max(1, n[c])) for c in (VALID, TEST))
        lacking = tuple(0.0 if n[c] else s for c, s in zip((VALID, TEST), shares))
        return replace(made, given=codes, keep=keep, shares=lacking)
    if how == "group":
        return replace(made, group=choices.group or "")
    if how == "time" and time:
        at = np.concatenate([moments(piece[time]) for _, piece in blocks.pieces(source.piece, (time,))])
        first, second = ends(len(at), *shares)  # type: ignore[misc]
        at.sort()
        return replace(made, time=time, ends=(float(at[first]), float(at[second])))
    return made


def _counted(source: _Source, learnt: Data, sides: Sides) -> tuple[Tally, np.ndarray, Rows | None]:
    """(what the training rows tell, rows of each side [4], rows of classes that the sample did not show). Raises DataError
    for a part without a row."""
    p, table = learnt.preparation, source.raw.kind == "table"
    arrays = None if table else Moments.none(p.shape[0] if p.kind == "pictures" else int(np.prod(p.shape)))
    tally = Tally(p.columns, learnt.choices["missing"], Moments.none(len(p.target_names)), arrays)
    counts, known, new = np.zeros(4, np.int64), Counter({_word(c): ENOUGH for c in p.classes}), Unseen()
    for rows, piece, y in source.pieces():
        side = source.sides(sides, rows, piece, y)
        counts += np.bincount(side, minlength=4)
        if table:
            tally.add_table(piece, side == TRAIN)
        else:
            tally.add_arrays(finite(piece, p.fill, p.names), side == TRAIN)
        if learnt.form == "values":
            tally.answers.add(np.asarray(y, np.float64).reshape(len(y), -1)[side == TRAIN])
        elif learnt.form == "classes" and y.ndim == 1:
            new.add(rows, piece, y, _new_classes(y, side, known))
    for code, word in enumerate(WORDS):
        if not counts[code]:
            raise DataError(f"a {sides.how} split into train, valid and test", f"no row is left for {word}",
                            "give more data, or larger data.valid_frac and data.test_frac")  # fmt: skip
    return tally, counts, new.together(table)


def _word(value: Any) -> str:
    return tidy(class_name(value))


def _new_classes(y: np.ndarray, side: np.ndarray, known: Counter[str]) -> list[int]:
    """Places of the first training rows of each class that is not known yet; counted in `known` from here on."""
    import pandas as pd

    train = np.flatnonzero(side == TRAIN)
    codes, values = pd.factorize(y[train])
    found = []
    for code, value in enumerate(values):
        word = _word(value)
        if known[word] < ENOUGH:
            places = train[np.flatnonzero(codes == code)[: ENOUGH - known[word]]]
            known[word] += len(places)
            found += places.tolist()
    return found


def _prepared(learnt: Preparation, tally: Tally, kind: str) -> Preparation:
    """The preparation of all training rows."""
    if kind != "table":
        return exact(learnt, tally)
    columns, left = tally.plan()
    if not columns:
        found = "; ".join(f"{n}: {why}" for n, why in left.items())
        raise DataError("columns to learn from", found, "give at least one column of numbers, categories or dates")
    made = replace(learnt, columns=columns)
    if made.input_names != learnt.input_names and made.scaling.method not in ("none", *EXACT):
        plain = np.array(
            [p for c in columns for p in c.plain]
        )  # features that the sample had not: its ranks do not fit
        made = replace(made, scaling=Scaling("standardise", parts={"plain": torch.from_numpy(plain)}))
    width = sum(len(c.features) for c in columns)
    return exact(replace(made, shape=(width,), scaling=replace(made.scaling, shape=(width,))), tally)


def _written(source: _Source, p: Preparation, sides: Sides, counts: np.ndarray, most: int) -> dict[str, Split]:
    """All rows scaled and written down, part by part."""
    number = np.int32 if len(source.blocks) < 2**31 else np.int64
    room = {c: scratch((int(counts[c]), *p.shape_in), most // 2 if c == TRAIN else 2**62) for c in (TRAIN, VALID, TEST)}
    rows_of = {c: np.empty(counts[c], number) for c in room}
    y_of: dict[int, torch.Tensor] = {}
    at = dict.fromkeys(room, 0)
    for rows, piece, y in source.pieces():
        side = source.sides(sides, rows, piece, y)
        for code in [c for c in room if (side == c).any()]:
            x, answers = _scaled(p, piece[side == code], y[side == code])
            place = slice(at[code], at[code] + len(x))
            if code not in y_of:
                y_of[code] = torch.empty((int(counts[code]), *answers.shape[1:]), dtype=answers.dtype)
            room[code].tensor[place], y_of[code][place], rows_of[code][place] = x, answers, rows[side == code]
            at[code] = place.stop
        room[TRAIN].release()
    block = block_rows(int(counts[TRAIN]), 4 * int(np.prod(p.shape_in)), most // 4)
    feed = Feed(room[TRAIN], block) if room[TRAIN].pages else None
    return {w: Split(room[c].tensor, y_of[c], rows_of[c], feed=None if c else feed) for c, w in enumerate(WORDS)}


def _scaled(p: Preparation, rows: Any, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Some rows prepared. Raises DataError for values that are too large for float32 after scaling."""
    x = p.inputs(rows)
    if not bool(torch.isfinite(x.sum())) and not bool(torch.isfinite(x).all()):
        found = "values beyond float32 (3.4e38) even after scaling"
        raise DataError("inputs of sizes that can be computed with", found, "give them in another unit")
    return x, p.targets(y)


def _data(source: _Source, learnt: Data, p: Preparation, splits: dict[str, Split], tally: Tally, told: _Told) -> Data:
    """Data of all rows: what was said of the sample, put right."""
    raw = source.raw
    lost = {k: v for k, v in tally.lost.items() if v} or learnt.facts["missing"]
    facts = {**learnt.facts, "n_rows": len(raw), "n_pictures": len(raw), "missing": lost}
    facts |= {"n_features": int(np.prod(p.shape_in)), "duplicates": 0, "repeated": 0}
    if learnt.form == "classes":
        facts["class_counts"] = {k: torch.bincount(s.y, minlength=len(p.classes)).tolist() for k, s in splits.items()}
    elif learnt.form == "labels":
        facts["class_counts"] = {k: s.y.sum(0).int().tolist() for k, s in splits.items()}
    elif learnt.form == "values":
        facts["target"] = _targets(p, tally.answers, raw)
    by_hash = "; each row by a hash of its content, so that copies stay on one side"
    return replace(
        learnt,
        raw=raw,
        preparation=p,
        shape_in=p.shape_in,
        **splits,
        choices={**learnt.choices, **told.choices},
        reasons={
            **learnt.reasons,
            "data.split": told.why + by_hash * (told.choices["split"] in ("random", "stratified")),
        },
        facts=facts,
        findings=(*_notes(raw, learnt, bool(splits["train"].feed), told), *_still_true(learnt, bool(lost))),
    )


def _targets(p: Preparation, m: Moments, raw: Raw) -> dict[str, dict[str, Any]]:
    mean, sd = m.with_fill(np.zeros(len(m.n)), int(m.n.max()))
    columns = zip(p.target_names, mean, sd, m.least, m.most)
    return {
        name: {"mean": float(a), "sd": float(b), "min": float(low), "max": float(high), "unit": raw.units.get(name, "")}
        for name, a, b, low, high in columns
    }


def _notes(raw: Raw, learnt: Data, in_file: bool, told: _Told) -> list[Finding]:
    """How it was read, and how many rows are not used."""
    where = "in a file" if in_file else "in memory"
    said = f"{many(len(raw), 'row')} read piece by piece; the prepared training rows lie {where}"
    evidence = (
        f"columns told from {told.sample:,} rows spread evenly; means, spreads, levels and classes from all that train"
    )
    notes = [Finding("data-streamed", "info", said, evidence=evidence, stage="data")]
    if n := int(told.counts[UNUSED]):
        why = "without an answer, or of a given validation or test part that memory has no room for"
        said = f"{many(n, 'row')} ({percent(n / len(raw))}) not used: {why}"
        notes.append(Finding("rows-unused", "info", said, stage="data"))
    return notes


def _still_true(learnt: Data, lost: bool) -> list[Finding]:
    """Findings of the sample that hold for the whole: not its counts of copies, nor of gaps where there are none."""
    return [
        f
        for f in learnt.findings
        if not (f.fault == "data-leak" and f.severity == "info") and (lost or f.fault != "data-nonfinite")
    ]
