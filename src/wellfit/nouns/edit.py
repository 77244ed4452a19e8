"""Edit: a change of a few characters in a file of the user's, and what a set of them makes of it: new text, a diff."""

from __future__ import annotations

import difflib
import io
import itertools
import re
import tokenize
from collections.abc import Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """Put `text` in place of what stands from (line, col) to (end_line, end_col) in a file.

    Places are those of `ast`: lines from 1, columns from 0 in bytes of UTF-8, whatever the file's encoding. Lines in
    `text` end in "\\n"; the file's own line ends are put there.
    """

    file: str
    line: int
    col: int
    end_line: int
    end_col: int
    text: str


Edits = tuple[Edit, ...]
"""What one repair takes."""
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
"""One line with its end, as Python's own reader of source cuts it (form feeds do not end lines)."""


def decoded(raw: bytes) -> tuple[str, str]:
    """A source file's text, line ends kept, and its encoding (PEP 263). Raises SyntaxError, UnicodeError."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    return raw.decode(encoding), encoding


def lines_of(text: str) -> list[str]:
    """Lines with their ends."""
    return LINE.findall(text)


def newline_of(text: str) -> str:
    """The line end that a text uses first, "\\n" where it has a single line."""
    found = re.search(r"\r\n|\r|\n", text)
    return found.group() if found else "\n"


def overlapping(edits: Sequence[Edit]) -> bool:
    """Do two of these touch the same characters? (Two pieces put into the same place do not.)"""
    spans = sorted((e.file, e.line, e.col, e.end_line, e.end_col) for e in edits)
    return any(a[0] == b[0] and a[3:5] > b[1:3] for a, b in itertools.pairwise(spans))


def applied(text: str, edits: Sequence[Edit]) -> str:
    """The text with the edits made (all of them of this file; none may overlap: ValueError)."""
    if overlapping(edits):
        raise ValueError("edits overlap")
    lines, end = lines_of(text), newline_of(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def at(line: int, col: int) -> int:
        if line > len(lines):
            return len(text)
        return starts[line - 1] + len(lines[line - 1].encode()[:col].decode())

    order = sorted(enumerate(edits), key=lambda pair: (pair[1].line, pair[1].col, pair[1].end_line, pair[1].end_col))
    pieces, done = [], 0
    for _, edit in order:
        begin = at(edit.line, edit.col)
        opened = begin == len(text) and begin and text[-1] not in "\r\n" and edit.line > len(lines)
        pieces += [text[done:begin], end if opened else "", edit.text.replace("\n", end)]
        done = at(edit.end_line, edit.end_col)
    made = "".join(pieces) + text[done:]
    ended = text[-1:] in ("\r", "\n")
    return made if ended or not text else made.removesuffix(end)


def diff(name: str, before: str, after: str) -> str:
    """The unified diff of a file; it applies with `git apply` and with `patch -p0` or `-p1`: its name begins with "./".
    "" where nothing changed."""
    made = difflib.unified_diff(lines_of(before), lines_of(after), f"./{name}", f"./{name}")
    return "".join(row if row[-1:] in "\r\n" else f"{row}\n\\ No newline at end of file\n" for row in made)
