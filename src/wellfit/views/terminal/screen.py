"""Screen: where a view writes, and what can be shown there: a live bar, colours, characters beyond ASCII, how wide."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import IO, Any

from rich.console import Console, RenderableType
from rich.text import Text

MARKS = {"ok": ("✓", "green"), "info": ("i", "cyan"), "warning": ("!", "yellow"), "error": ("✗", "red")}
PLAIN_MARKS = {"✓": "+", "✗": "x"}
PLAIN = {
    "×": "x", "±": "+-", "²": "2", "³": "3", "…": "...", "–": "-", "—": "-", "−": "-", "→": "->", "≤": "<=",
    "≥": ">=", "·": "-", "µ": "u", "σ": "sigma", "Δ": "d", "‘": "'", "’": "'", "“": '"', "”": '"', "≈": "~",
    "✗": "x", "✓": "*",
}  # fmt: skip
PIPE = 4000  # columns of a line that nobody looks at: as many as it needs


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads any more: whoever started us decides what that means (rich would end the process)."""
        raise


@dataclass(frozen=True)
class Screen:
    """console: where to; live: can a line be drawn over again (a terminal, not TERM=dumb); unicode: may characters
    beyond ASCII be used for what wellfit itself says; wrapped: is text broken at the console's width (not in a pipe,
    where one line is one message)."""

    console: Console
    live: bool
    unicode: bool
    wrapped: bool

    @property
    def width(self) -> int:
        return self.console.width

    def text(self, words: str) -> str:
        """`words` in characters that can be shown here."""
        if self.unicode:
            return words
        for sign, plain in PLAIN.items():
            words = words.replace(sign, plain)
        return words.encode(self.console.encoding, "replace").decode(self.console.encoding)

    def print(self, *parts: RenderableType) -> None:
        """Tables and words, at the terminal's width; in a pipe as wide as they are."""
        for part in parts:
            self.console.print(Text(self.text(part)) if isinstance(part, str) else part)

    def mark(self, severity: str) -> Text:
        """A sign, coloured where colours are wanted: ✓ ok, i info, ! warning, ✗ error."""
        sign, colour = MARKS.get(severity, MARKS["info"])
        return Text(sign if self.unicode else PLAIN_MARKS.get(sign, sign), style=f"bold {colour}")


def screen(file: IO[str] | None = None) -> Screen:
    """What can be shown on `file` (default: standard output); NO_COLOR, TERM, COLUMNS and the locale are respected."""
    file = file or sys.stdout
    tty = bool(getattr(file, "isatty", lambda: False)())
    console = _Console(file=file, highlight=False)
    if not tty:
        console.size = PIPE, 25
    elif console.is_dumb_terminal:  # rich takes 80 columns for granted there
        console.size = shutil.get_terminal_size()
    live = tty and not console.is_dumb_terminal
    return Screen(console, live, _speaks_unicode(file), wrapped=tty)


def _speaks_unicode(file: Any) -> bool:
    """Can `file` hold more than ASCII, and did nobody ask for the plain "C" locale or a dumb terminal?

    Python turns LANG=C into LC_CTYPE=C.UTF-8 before it starts (PEP 538), so that value says nothing by itself.
    """
    encoding = (getattr(file, "encoding", None) or "utf-8").lower().replace("-", "").replace("_", "")
    asked = [os.environ.get(k, "") for k in ("LC_ALL", "LC_CTYPE", "LANG")]
    locale = next((v for v in asked if v and v != "C.UTF-8"), "")
    return encoding.startswith("utf") and locale not in ("C", "POSIX") and os.environ.get("TERM") != "dumb"
