"""The `wellfit` command: what stands on the shelf commands/, one a file. Nothing heavy is imported before one runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, Group, Parameter

from wellfit import __version__
from wellfit.nouns import shelf

HELP = """From data to a neural network that fits well, with the evidence for every step.

To begin with:

    wellfit fit digits                      fit a bundled set: the first thing to try
    wellfit fit houses.csv --target price   fit your own table, pictures or arrays
    wellfit recipe digits                   see what it would choose, and why
    wellfit COMMAND --help                  what a command takes, with examples"""

app = App(
    name="wellfit",
    version=__version__,
    help=HELP,
    help_format="plaintext",
    default_parameter=Parameter(negative=(), show_default=False),
)
app["--help"].group = app["--version"].group = Group("Options", sort_key=9)
for _word in shelf.names("commands"):  # each says in HOW where it stands in the list, and its usage
    _command = shelf.module("commands", _word)
    app.command(name=_word, **_command.HOW)(getattr(_command, _word))


def main(words: Sequence[str] | None = None) -> None:
    """Run a command and leave: 0 done; 1 an error of wellfit's own; 2 refused; 130 stopped by Ctrl-C."""
    words = sys.argv[1:] if words is None else list(words)
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        from wellfit.views.terminal import refusals

        code = refusals.usage(error, words) if isinstance(error, CycloptsError) else refusals.refused(error)
    sys.exit(code)
