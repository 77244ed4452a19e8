"""The command `wellfit runs`, its options and its view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wellfit.commands._common import write
from wellfit.commands._options import Json

HOW = {"sort_key": 7, "usage": "Usage: wellfit runs [FOLDER | RUN RUN ...] [--json]"}


def runs(*where: Path, json: Json = False) -> int:
    """List runs, or compare some: their test figures, and the choices in which they differ.

    Only the files in the runs' folders are read, so a run may still be going on.

        wellfit runs
        wellfit runs runs/first runs/second

    Parameters
    ----------
    where
        A folder of runs (default: runs), or two or more runs.
    """
    from wellfit.jobs import runs as job
    from wellfit.views.document import document
    from wellfit.views.terminal import tables
    from wellfit.views.terminal.screen import screen

    shown = screen()
    facts: Any = job.compared(where) if len(where) > 1 else job.listed(*where)
    if json:
        write(document(facts))
    else:
        shown.print(*(tables.compared(facts, shown) if len(where) > 1 else tables.runs(facts, shown)))
    return 0
