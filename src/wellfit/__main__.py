"""`python -m wellfit` is the `wellfit` command. `wellfit doctor` goes straight to its job: what it takes to begin is added
to the running time of the user's script, so the other commands are not loaded for it."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import TYPE_CHECKING

from wellfit.nouns import collector

if TYPE_CHECKING:
    from wellfit.nouns.opinion import Opinion


def main() -> None:
    """Run the command that was typed, and leave with its exit status."""
    words = sys.argv[1:]
    if words[:1] != ["doctor"]:
        from wellfit.cli import main as command

        try:
            return command(words)
        finally:
            collector.leaving()
    try:
        with collector.loading():
            import torch  # noqa: F401  # which the script needs too; the rest is the doctor's own cost

            begun = perf_counter()
            from wellfit.jobs.doctor import main as doctor

            loaded_s = perf_counter() - begun
        doctor(words[1:], _shown, loaded_s)
    except (Exception, KeyboardInterrupt) as error:
        from wellfit.views.terminal import refusals

        sys.exit(refusals.refused(error))


def _shown(opinion: Opinion, part: str) -> None:
    """The doctor's view, loaded when the script has ended."""
    from wellfit.views.terminal.doctor import show

    show(opinion, part)


if __name__ == "__main__":
    main()
