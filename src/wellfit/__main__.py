"""`python -m wellfit` is the `wellfit` command. `wellfit doctor` goes straight to its job: what it takes to begin is added
to the running time of the user's script, so the other commands are not loaded for it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that was typed, and leave with its exit status."""
    words = sys.argv[1:]
    if words[:1] != ["doctor"]:
        from wellfit.cli import main as command

        return command(words)
    try:
        from wellfit.jobs.doctor import main as doctor

        doctor(words[1:])
    except (Exception, KeyboardInterrupt) as error:
        from wellfit.views.terminal import refusals

        sys.exit(refusals.refused(error))


if __name__ == "__main__":
    main()
