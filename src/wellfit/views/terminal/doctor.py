"""The doctor's opinion in a terminal, on standard error, where the script's own output stays apart from it."""

from __future__ import annotations

import os
import sys

from rich.text import Text

from wellfit.nouns.opinion import Opinion
from wellfit.nouns.spoken import patched, spoken
from wellfit.views.terminal.screen import Screen, screen

MOST = 110
"""Columns beyond which lines are not read with ease."""
FILE = 80
"""Columns in a file or a pipe, where COLUMNS says nothing else."""


def show(opinion: Opinion, part: str = "all") -> None:
    """Write the opinion (part "patch": only what came of its patch). Never raises because nobody reads."""
    try:
        shown = screen(sys.stderr)
        layout = patched if part == "patch" else spoken
        if part == "all":
            shown.console.print()
        for line in layout(opinion, columns(shown), shown.text):
            shown.console.print(Text.assemble(*line), soft_wrap=True)
    except (OSError, ValueError):  # closed, or full
        return


def columns(shown: Screen) -> int:
    """How wide the text may be."""
    if shown.wrapped:
        return min(shown.width, MOST)
    given = os.environ.get("COLUMNS", "")
    return min(int(given), MOST) if given.isdigit() and int(given) >= 30 else FILE
