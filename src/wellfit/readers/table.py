"""Tables: CSV (any usual separator, compressed or not), Parquet, Feather, DataFrames and what turns into one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wellfit.nouns.blocks import fingerprint_of
from wellfit.nouns.data import Raw, split_word, unit_in
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.parquet import blocks
from wellfit.nouns.symbols import is_prose

if TYPE_CHECKING:
    import pandas as pd

TEXT = (".csv", ".tsv", ".tab", ".txt", ".dat", ".data")
BINARY = (".parquet", ".pq", ".feather", ".arrow")
PACKED = {".gz": "gzip", ".bz2": "bz2", ".xz": "xz", ".zst": "zstd", ".zip": "zip"}
SPLIT_NAMES = ("split", "set", "subset", "partition")
HEAD = 1 << 16  # bytes looked at to tell the separator and check the header


def can_read(source: Any) -> bool:
    """A table's file, a folder with train and test tables, a zip of one table, or a frame of whatever library."""
    if isinstance(source, str):
        path = Path(source).expanduser()
        there = bool(_kind(path) and path.is_file() and path.stat().st_size) and not _prose(path)
        return there or bool(path.is_dir() and _parts(path))
    named = isinstance(source, Mapping) and bool(source) and not isinstance(source, tuple)
    return hasattr(source, "to_pandas") or _is_frame(source) or named


def _is_frame(source: Any) -> bool:
    return any(t.__module__.startswith("pandas") and t.__name__ == "DataFrame" for t in type(source).__mro__)


def _prose(path: Path) -> bool:
    """Is a .txt file text to be read, and no table?"""
    if path.suffix.lower() != ".txt":
        return False
    with path.open("rb") as file:
        return is_prose(file.read(HEAD).decode("utf-8", "replace"))


def _kind(path: Path) -> str:
    """ "text" or "binary" for a table's file name, "" for any other."""
    ends = [s.lower() for s in path.suffixes]
    if ends and ends[-1] == ".zip":
        return "text" if _zipped(path) else ""
    last = ends[-2] if len(ends) > 1 and ends[-1] in PACKED else ends[-1] if ends else ""
    return "text" if last in TEXT else "binary" if last in BINARY else ""


def _zipped(path: Path) -> bool:
    """Whether a zip holds exactly one file, a table as text."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as packed:
            names = [n for n in packed.namelist() if not n.endswith("/") and "__MACOSX" not in n]
    except (OSError, zipfile.BadZipFile):
        return False
    return len(names) == 1 and Path(names[0]).suffix.lower() in TEXT


def _parts(folder: Path) -> dict[str, Path]:
    """A folder's tables by split, where they are named so (train.csv, test.csv); needs a train part."""
    found = {split_word(p.name.split(".")[0]): p for p in sorted(folder.iterdir()) if p.is_file() and _kind(p)}
    found.pop("", None)
    return found if "train" in found else {}


def table(source: Any, *, target: Any = None, skip_bad: bool = False) -> Raw:
    """A table, its target column still in it; a column named split that says train, valid or test becomes `given`.

    Units are those that the column names state. Raises DataError for an empty or damaged file, a header that does
    not fit the rows, rows of differing length, two columns of one name.
    """
    if isinstance(source, str):
        path = Path(source).expanduser()
        if path.is_dir():
            return _joined(path, target)
        frame, findings = _file(path)
        name = path.name.split(".")[0]
    else:
        frame, findings, name = _frame(source), (), "table"
    frame = _named(frame, name)
    if not len(frame) or not len(frame.columns):
        raise DataError(
            f"the table {name}", f"{len(frame.columns)} columns and no rows", "name a table with rows in it"
        )
    given, frame, said = _given(frame, target)
    units = {c: unit_in(c) for c in frame.columns if unit_in(c)}
    return Raw(name, "table", frame, given=given, units=units, findings=(*findings, *said))


def lazily(source: Any, *, target: Any = None) -> Raw | None:
    """The table as Blocks, where it is one Parquet file; None where it can only be read as a whole."""
    import pandas as pd

    path = Path(source).expanduser() if isinstance(source, str) else None
    if path is None or path.suffix.lower() not in (".parquet", ".pq") or not path.is_file():
        return None
    try:
        held = blocks(path)
    except Exception:  # `table` says what is wrong with it
        return None
    if len(set(held.columns)) < len(held.columns) or not len(held):
        return None
    given, said = None, ()
    for name in [c for c in held.columns if c.casefold() in SPLIT_NAMES]:
        frame = pd.concat([piece for _, piece in held.pieces(1 << 24, (name,))], ignore_index=True)
        given, rest, said = _given(frame, target)
        if given is not None and not len(rest.columns):
            held = replace(held, columns=tuple(c for c in held.columns if c != name))
            break
    found: Any = held
    units = {c: unit_in(c) for c in held.columns if unit_in(c)}
    known = {"units": units, "fingerprint": fingerprint_of([path]), "findings": said}
    return Raw(path.name.split(".")[0], "table", found, given=given, **known)


def _joined(folder: Path, target: Any) -> Raw:
    import pandas as pd

    parts = {split: table(str(path), target=target) for split, path in _parts(folder).items()}
    frames: dict[str, Any] = {split: raw.inputs for split, raw in parts.items()}
    columns = list(frames["train"].columns)
    for split, frame in frames.items():
        lost = [c for c in columns if c not in frame.columns]
        if lost:
            raise DataError(f"the {split} table of {folder}", f"no column {lost[0]!r}, which the train table has",
                            "name the train table alone, or give all tables the same columns")  # fmt: skip
    joined = pd.concat([f[columns] for f in frames.values()], ignore_index=True)
    given = np.concatenate([np.full(len(f), split) for split, f in frames.items()])
    findings = tuple(f for raw in parts.values() for f in raw.findings)
    return Raw(folder.name, "table", joined, given=given, units=parts["train"].units, findings=findings)


def _frame(source: Any) -> pd.DataFrame:
    import pandas as pd

    if hasattr(source, "to_pandas"):
        source = source.to_pandas()
    return pd.DataFrame(source) if isinstance(source, Mapping) else source


def _named(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Column names as stripped text, each once."""
    names = ["_".join(map(str, c)) if isinstance(c, tuple) else str(c).strip() for c in frame.columns]
    twice = [n for n in names if names.count(n) > 1]
    if twice:
        raise DataError(
            f"columns of {name} with names of their own",
            f"{names.count(twice[0])} columns named {twice[0]!r}",
            "rename them",
        )
    return frame.set_axis(names, axis=1).reset_index(drop=True)


def _given(frame: pd.DataFrame, target: Any) -> tuple[np.ndarray | None, pd.DataFrame, tuple[Finding, ...]]:
    """The split that a column of the table states, and the table without it."""
    targets = (target,) if isinstance(target, str) else tuple(target or ())
    for name in frame.columns:
        if name.casefold() not in SPLIT_NAMES or name in targets or frame[name].dtype.kind in "fiub":
            continue
        said = {w: split_word(str(w)) for w in frame[name].unique()}
        words = list(said.values())
        if all(words) and "train" in words and len(set(words)) > 1:
            given = np.array([said[w] for w in frame[name]]).astype("U5")
            counts = ", ".join(f"{w} {int((given == w).sum()):,}" for w in dict.fromkeys(words))
            note = Finding("split-given", "info", f"column {name!r} read as the split: {counts}", stage="data")
            return given, frame.drop(columns=[name]), (note,)
    return None, frame, ()


def _file(path: Path) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    import pandas as pd

    if _kind(path) == "text":
        return _text(path)
    try:
        return (pd.read_feather if path.suffix.lower() in (".feather", ".arrow") else pd.read_parquet)(path), ()
    except Exception as error:  # pyarrow raises types of its own for damaged files
        raise DataError(
            f"the table {path}", f"unreadable: {_first_line(error)}", "mend the file, or write it anew"
        ) from None


def _text(path: Path) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """A text table: separator, decimal comma and encoding told from its head."""
    import pandas as pd

    packed: Any = PACKED.get(path.suffix.lower())
    head, encoding, notes = _head(path, packed)
    lines = [line for line in head.splitlines() if line.strip()]
    if not lines:
        raise DataError(f"the table {path}", "an empty file", "name a file with something in it")
    sep = _separator(path, lines)
    header = _header(path, lines, sep)
    if header is None:
        notes += (
            Finding(
                "header-missing",
                "info",
                f"{path.name}: the first line holds numbers, so columns are numbered",
                stage="data",
            ),
        )
    comma = sep != "," and any(_decimal_comma(cell) for line in lines[1:20] for cell in line.split(sep or None))
    try:
        frame = pd.read_csv(
            path,
            sep=sep or r"\s+",
            header=None if header is None else 0,
            index_col=False,
            decimal="," if comma else ".",
            encoding=encoding,
            compression=packed,
            skipinitialspace=True,
            low_memory=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError, EOFError) as error:
        raise DataError(f"the table {path}", f"unreadable: {_first_line(error)}", "mend that line") from None
    if header is None:
        frame.columns = [f"column {i + 1}" for i in range(frame.shape[1])]
    return frame, notes


def _head(path: Path, packed: Any) -> tuple[str, str, tuple[Finding, ...]]:
    """The beginning of the file as text, its encoding, and a note where that is not UTF-8."""
    from pandas.io.common import get_handle

    try:
        with get_handle(path, "rb", compression=packed, is_text=False) as opened:
            raw = opened.handle.read(HEAD)
    except Exception as error:  # each compression has errors of its own
        raise DataError(
            f"the table {path}", f"unreadable: {_first_line(error)}", "mend the file, or pack it anew"
        ) from None
    if isinstance(raw, str):
        raw = raw.encode()
    if b"\0" in raw[:4096]:
        raise DataError(
            f"the table {path}", "bytes that are no text", "name a CSV file, or give the file its right ending"
        )
    cut = raw[: raw.rfind(b"\n") + 1] if len(raw) == HEAD and b"\n" in raw else raw
    try:
        return cut.decode("utf-8-sig"), "utf-8-sig", ()
    except UnicodeDecodeError:
        note = Finding("encoding", "info", f"{path.name} is not UTF-8; read as Windows-1252", stage="data")
        return cut.decode("cp1252", "replace"), "cp1252", (note,)


def _cells(line: str, sep: str) -> list[str]:
    import csv

    return next(csv.reader([line], delimiter=sep, skipinitialspace=True), []) if sep else line.split()


def _separator(path: Path, lines: list[str]) -> str:
    """The separator that is in the first line and parts most of the next into equally many cells, most cells first;
    "" for blanks; "," for a single column. Raises DataError where none does."""
    best, most, body = "", 1, lines[1:30] or lines
    for sep in (",", ";", "\t", "|"):
        widths = [len(_cells(line, sep)) for line in body]
        common = max(set(widths), key=widths.count)
        if common > most and sep in lines[0] and widths.count(common) > len(widths) / 2:
            best, most = sep, common
    if best or len(lines[0].split()) == len(lines[-2 % len(lines)].split()) > 1:
        return best
    if all(len(_cells(line, ",")) == 1 for line in body):
        return ","
    found = (
        f"no separator (comma, semicolon, tab, bar, blanks) that parts its lines alike; the first is {lines[0][:40]!r}"
    )
    raise DataError(f"the table {path}", found, "name a file with one example a line, its values separated")


def _header(path: Path, lines: list[str], sep: str) -> list[str] | None:
    """The header's names, None where the first line holds data. Raises DataError where it does not fit the rows."""
    names = _cells(lines[0], sep)
    if all(_numeric(n) for n in names):
        return None
    for number, line in enumerate(lines[1:6], 2):
        cells = _cells(line, sep)
        if len(cells) > len(names) and any(c.strip() for c in cells[len(names) :]):
            short = len(cells) - len(names)
            raise DataError(
                f"a name for every column of {path}",
                f"the header has {len(names)} names, line {number} has {len(cells)} values",
                f"add the missing name{'s' if short > 1 else ''} to the first line",
            )
    return names


def _numeric(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _decimal_comma(cell: str) -> bool:
    whole, comma, rest = cell.strip().strip('"').partition(",")
    return bool(comma) and whole.lstrip("-").isdigit() and rest.isdigit()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
