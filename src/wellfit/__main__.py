"""`python -m wellfit` is the `wellfit` command. `wellfit doctor` goes straight to its job: what it takes to begin is added
to the running time of the user's script, so the other commands are not loaded for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wellfit.nouns.opinion import Opinion


def main() -> None:
    """Run the command that was typed, and leave with its exit status."""
    words = sys.argv[1:]
    if words[:1] != ["doctor"]:
        from wellfit.cli import main as command

        return command(words)
    try:
        from wellfit.jobs.doctor import main as doctor

        doctor(words[1:], _shown)
    except (Exception, KeyboardInterrupt) as error:
        from wellfit.views.terminal import refusals

        sys.exit(refusals.refused(error))


def _shown(opinion: Opinion, part: str) -> None:
    """The doctor's view, loaded when the script has ended."""
    from wellfit.views.terminal.doctor import show

    show(opinion, part)


if __name__ == "__main__":
    main()
