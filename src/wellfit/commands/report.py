"""The command `wellfit report`, its options and its view."""

from __future__ import annotations

from pathlib import Path

from wellfit.commands._common import write

HOW = {"sort_key": 7, "usage": "Usage: wellfit report RUN [--pdf]"}


def report(run: Path, /, *, pdf: bool = False) -> int:
    """Write a run's report anew from its folder, and say where it is.

    It is one HTML page that needs no network.

        wellfit report runs/first
        wellfit report runs/first --pdf

    Parameters
    ----------
    run
        The folder of the run.
    pdf
        Print it to report.pdf too, with a Chromium or Chrome of this machine.
    """
    from wellfit.jobs.fitted import open as open_run

    write(f"{open_run(run).report(pdf=pdf)}\n")
    return 0
