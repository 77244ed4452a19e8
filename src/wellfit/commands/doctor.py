"""The command `wellfit doctor`, its options and its view."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

HOW = {"sort_key": 0, "usage": "Usage: wellfit doctor [OPTIONS] SCRIPT [ITS OWN ARGUMENTS]", "help_flags": []}


def doctor(*words: Annotated[str, Parameter(allow_leading_hyphen=True, show=False)]) -> int:
    """Say why a training script of your own does not learn: the cause, the line, the proof.

    The script runs unmodified, with its own arguments, output and exit status; what was found follows on
    standard error, and as JSON or an HTML page in a file where you ask for one.

        wellfit doctor train.py --epochs 3
        wellfit doctor --report found.html train.py
        wellfit doctor --json found.json --budget 30s train.py
        wellfit doctor --no-trials -m package.train
    """
    from wellfit.jobs.doctor import main as examine
    from wellfit.views.terminal.doctor import show

    examine(list(words), show)
    return 0
