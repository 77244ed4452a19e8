"""The command `wellfit compare`, its options and its view."""

from __future__ import annotations

from pathlib import Path

from wellfit.commands._common import write
from wellfit.commands._options import Json
from wellfit.nouns.errors import RunError

HOW = {"sort_key": 7, "usage": "Usage: wellfit compare RUN RUN ... [--json]"}


def compare(*runs: Path, json: Json = False) -> int:
    """Set runs side by side: test figures, the choices that differ, curves over seeds, and tests in pairs.

    Runs that differ in their seeds alone are taken together. The first is held against each of the others: seed by
    seed where two seeds or more are common, else row by row where both were tested on the same rows.

        wellfit compare runs/first runs/second
        wellfit compare runs/wide-* runs/narrow-*

    Parameters
    ----------
    runs
        Two or more runs; they may still be going on.
    """
    from wellfit.jobs.runs import compared
    from wellfit.views.document import document
    from wellfit.views.terminal import tables
    from wellfit.views.terminal.screen import screen

    if len(runs) < 2:
        raise RunError("to compare runs", f"{len(runs)} named", "name two or more; `wellfit runs` lists them")
    facts, shown = compared(runs), screen()
    if json:
        write(document(facts))
    else:
        shown.print(*tables.compared(facts, shown))
    return 0
