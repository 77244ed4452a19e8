"""The command `wellfit report`, its options and its view."""

from __future__ import annotations

from pathlib import Path

from wellfit.commands._common import write

HOW = {"sort_key": 7, "usage": "Usage: wellfit report RUN"}


def report(run: Path, /) -> int:
    """Write a run's report anew from its folder, and say where it is.

    It is one HTML page that needs no network.

        wellfit report runs/first

    Parameters
    ----------
    run
        The folder of the run.
    """
    from wellfit.jobs.fitted import open as open_run

    write(f"{open_run(run).report()}\n")
    return 0
