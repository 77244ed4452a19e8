"""Texts: a file of prose, verse, source code or sequences, to be learnt character by character."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.symbols import is_prose

MAYBE = (".txt", "")  # may be a table as well
TEXT = (".text", ".md", ".rst", ".tex", ".fasta", ".fa", ".faa", ".py", ".c", ".abc")
HEAD = 1 << 16


def can_read(source: Any) -> bool:
    """A text file by its name; a .txt where its lines are no table's."""
    if not isinstance(source, str):
        return False
    path = Path(source).expanduser()
    kind = path.suffix.lower()
    if kind not in (*MAYBE, *TEXT) or not path.is_file() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        head = file.read(HEAD)
    return b"\0" not in head and (kind in TEXT or is_prose(head.decode("utf-8", "replace")))


def text(source: str, *, target: Any = None, skip_bad: bool = False) -> Raw:
    """The text as code points, uint32 [T]; UTF-8, or else Latin-1, which is noted. Line ends are "\\n".

    Raises DataError for a file that cannot be read, and for a target, which a text has not.
    """
    path = Path(source).expanduser()
    if target is not None:
        raise DataError(f"the target {target!r}", f"{path.name} is a text, without columns", "leave --target out")
    try:
        held = path.read_bytes()
    except OSError as error:
        raise DataError(f"the text {path}", error.strerror or str(error), "give a file that can be read") from None
    findings: tuple[Finding, ...] = ()
    try:
        found = held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = held.decode("latin-1")
        what = f"{path.name} is no UTF-8 (byte {error.start:,}); read as Latin-1"
        findings = (Finding("labels-encoding", "info", what, stage="data", remedy="save it as UTF-8"),)
    found = found.replace("\r\n", "\n").replace("\r", "\n")
    return Raw(
        path.name.split(".")[0],
        "text",
        np.frombuffer(found.encode("utf-32-le"), np.uint32),
        findings=findings,
        fingerprint=hashlib.blake2b(found.encode(), digest_size=16).hexdigest(),
        task="sequence",
    )
