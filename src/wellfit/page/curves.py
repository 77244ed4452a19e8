"""Curves: the readings of a run, followed as their file grows; what was read once is not read again."""

from __future__ import annotations

import json
import os
import re
from array import array
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from pyarrow import csv

from wellfit.nouns.run import READINGS
from wellfit.page.files import opened
from wellfit.page.thin import COLUMNS, CROWD, plain, thin

pc: Any = pyarrow.compute  # its functions are made as it is loaded, so that no type checker knows them
PART_BYTES = 2**21
"""Read at a time, so that memory stays small whatever the file's size."""
WORTH_BYTES = 2**16
"""From here on Arrow's reader is worth its beginning: it takes a fifth of the time of `json`."""
WORDS = {"name": '{"name": ', "where": ' "where": ', "unit": ' "unit": '}
NUMBERS = {
    "value": (' "value": ', pa.float64()),
    "step": (' "step": ', pa.int64()),
    "epoch": (' "epoch": ', pa.float64()),
}
ORDER = ("name", "value", "step", "epoch", "where", "unit")
"""The columns of a line as `Run.append` writes it, and what each begins with."""
MOST_FOLLOWED = 24
"""Runs whose readings are kept; the one that was looked at least lately is let go."""


@dataclass
class Points:
    """One curve: steps, epochs and values, 24 bytes a reading."""

    unit: str = ""
    steps: array = field(default_factory=lambda: array("q"))
    epochs: array = field(default_factory=lambda: array("d"))
    values: array = field(default_factory=lambda: array("d"))

    def shown(self, name: str, where: str, columns: int) -> dict[str, Any]:
        """For the page: few points, as lists that JSON takes."""
        epochs, values = np.frombuffer(self.epochs), np.frombuffer(self.values)
        order = np.argsort(epochs, kind="stable") if len(epochs) > 1 and (np.diff(epochs) < 0).any() else None
        if order is not None:  # a resumed run of an earlier version may go back
            epochs, values = epochs[order], values[order]
        keep = thin(epochs, values, columns)
        steps = np.frombuffer(self.steps, dtype=np.int64)
        steps = steps[order][keep] if order is not None else steps[keep]
        return {
            **{"name": name, "where": where, "unit": self.unit, "steps": steps.tolist()},
            **{"epochs": plain(epochs[keep]), "values": plain(values[keep])},
        }


Tracks = dict[tuple[str, str], Points]


@dataclass
class Followed:
    """The readings of one run up to `offset` of the file with this `inode`."""

    inode: int = 0
    offset: int = 0
    tracks: Tracks = field(default_factory=dict)

    @property
    def cursor(self) -> str:
        """Where it stands, as a word that a browser hands back."""
        return f"{self.inode}-{self.offset}"

    def catch_up(self, folder: Path) -> bool:
        """Read what has come since. False where the file was made anew (the run was resumed) and all was read again."""
        same, descriptor = True, opened(folder, READINGS)
        if descriptor is None:
            same, self.inode, self.offset, self.tracks = not self.offset, 0, 0, {}
            return same
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if (self.inode and about.st_ino != self.inode) or about.st_size < self.offset:
                same, self.offset, self.tracks = False, 0, {}
            self.inode = about.st_ino
            file.seek(self.offset)
            for lines in _parts(file):
                self.offset += len(lines)
                take(lines, self.tracks)
        return same

    def shown(self, columns: int = COLUMNS) -> list[dict[str, Any]]:
        """All curves, thinned for a page."""
        beside = Counter(name for name, _ in self.tracks)
        return [
            points.shown(name, where, columns if beside[name] <= CROWD else columns // 2)
            for (name, where), points in self.tracks.items()
        ]


def _parts(file: Any) -> Iterator[bytes]:
    """Whole lines, about 2 MiB at a time; a last line that is not whole yet is left for the next time."""
    while part := file.read(PART_BYTES):
        if not part.endswith(b"\n"):
            part += file.readline()
        whole = part.rfind(b"\n") + 1
        if whole:
            yield part[:whole]
        if whole < len(part):
            return


def take(lines: bytes, tracks: Tracks) -> None:
    """Readings into their tracks; a line that is none is skipped."""
    if len(lines) >= WORTH_BYTES and (found := _table(lines)) is not None:
        _take_table(found, tracks)
        return
    try:
        found = json.loads(b"[" + b",".join(lines.splitlines()) + b"]")
    except (ValueError, RecursionError):
        found = _one_by_one(lines.splitlines())
    for r in found:
        try:
            name, where, unit = r["name"], r.get("where", ""), r.get("unit", "")
            step, epoch, value = int(r["step"]), float(r.get("epoch", 0.0)), float(r["value"])
            points = tracks.get((name, where)) or tracks.setdefault((str(name), str(where)), Points(str(unit)))
            if epoch - epoch != 0:
                continue
            points.steps.append(step)
        except (TypeError, KeyError, ValueError, AttributeError, OverflowError):
            continue
        points.epochs.append(epoch)
        points.values.append(value)


def _table(lines: bytes) -> dict[str, Any] | None:
    """The readings as columns: numbers as arrays, words as (places, the words there are); None where some line is not as
    `Run.append` writes it. Lines of one form are a table whose columns commas part, which is read sooner than JSON."""
    types = {word: pa.dictionary(pa.int32(), pa.string()) for word in WORDS} | dict.fromkeys(NUMBERS, pa.string())
    how = (
        csv.ReadOptions(use_threads=False, column_names=ORDER, block_size=len(lines) + 1),
        csv.ParseOptions(delimiter=",", quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(column_types=types),
    )
    try:
        table = csv.read_csv(pa.BufferReader(lines), *how)
        raw = {word: table[word].combine_chunks() for word in ORDER}
        found: dict[str, Any] = {}
        for word, (begins, kind) in NUMBERS.items():
            if not pc.all(pc.starts_with(raw[word], begins)).as_py():
                return None
            found[word] = np.asarray(pc.cast(pc.utf8_slice_codeunits(raw[word], len(begins)), kind))
        for word, begins in WORDS.items():
            said = raw[word].dictionary.to_pylist()
            if not all(s.startswith(begins) for s in said):
                return None
            said = [s[len(begins) :].removesuffix("}" if word == ORDER[-1] else "") for s in said]
            found[word] = np.asarray(raw[word].indices), [str(json.loads(s)) for s in said]
    except (pa.ArrowInvalid, ValueError, RecursionError):
        return None
    return found


def _take_table(found: dict[str, Any], tracks: Tracks) -> None:
    """The rows of a table, sorted by track, each in its order."""
    (name, names), (where, wheres), (unit, units) = (found[word] for word in WORDS)
    track = name.astype(np.int64) * len(wheres) + where
    track = track.astype(np.min_scalar_type(len(names) * len(wheres)))  # 16 bits are sorted by counting
    epochs = found["epoch"]
    order = np.argsort(track, kind="stable")
    order = order[np.isfinite(epochs[order])]
    ends = np.flatnonzero(np.diff(track[order])) + 1
    pieces = [piece for piece in np.split(order, ends) if len(piece)]
    for piece in sorted(pieces, key=lambda piece: piece[0]):  # tracks stand in the order in which they begin
        first = piece[0]
        key = names[name[first]], wheres[where[first]]
        points = tracks.get(key) or tracks.setdefault(key, Points(units[unit[first]]))
        points.steps.frombytes(found["step"][piece].tobytes())
        points.epochs.frombytes(epochs[piece].tobytes())
        points.values.frombytes(found["value"][piece].tobytes())


def _one_by_one(lines: Iterable[bytes]) -> Iterator[Any]:
    for line in lines:
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            continue


class Curves:
    """The runs that were looked at lately."""

    def __init__(self, most: int = MOST_FOLLOWED):
        self._held: OrderedDict[str, Followed] = OrderedDict()
        self._most = most

    def of(self, folder: Path) -> Followed:
        """A run's readings as they are now."""
        followed = self._held.pop(str(folder), None) or Followed()
        followed.catch_up(folder)
        self._held[str(folder)] = followed
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return followed


def since(folder: Path, cursor: str) -> tuple[str, list[dict[str, Any]] | None]:
    """(new cursor, what has come since `cursor`); None instead of it where the page has to begin anew."""
    match = re.fullmatch(r"(\d{1,20})-(\d{1,20})", cursor)
    if not match:
        return cursor, None
    new = Followed(int(match[1]), int(match[2]))
    if not new.catch_up(folder):
        return new.cursor, None
    return new.cursor, new.shown()


def only(folder: Path, names: Iterable[str]) -> Tracks:
    """The tracks of the whole network by these names: other lines are passed over without being parsed."""
    wanted = b"|".join(re.escape(n.encode()) for n in names)
    line = re.compile(rb'^\{"name": "(?:' + wanted + rb')", [^\n]*\}\n', re.M)
    tracks: Tracks = {}
    descriptor = opened(folder, READINGS)
    if descriptor is not None:
        with os.fdopen(descriptor, "rb") as file:
            for lines in _parts(file):
                take(b"".join(m[0] for m in line.finditer(lines)), tracks)
    return {key: points for key, points in tracks.items() if not key[1]}


def last_epoch(folder: Path) -> float:
    """How far a run is: the epoch of its last whole line."""
    descriptor = opened(folder, READINGS)
    if descriptor is None:
        return 0.0
    with os.fdopen(descriptor, "rb") as file:
        file.seek(max(0, os.fstat(descriptor).st_size - 8192))
        lines = file.read().split(b"\n")[:-1]
    for line in reversed(lines):
        try:
            return float(json.loads(line)["epoch"])
        except (ValueError, KeyError, TypeError):
            continue
    return 0.0
