"""The command `wellfit recipe`, its options and its view."""

from __future__ import annotations

from wellfit.commands._common import settled, write
from wellfit.commands._options import Choices, Own

HOW = {"sort_key": 3, "usage": "Usage: wellfit recipe [DATA] [OPTIONS]"}


def recipe(data: str | None = None, /, *, choices: Choices = Choices(), own: Own = Own()) -> int:
    """Print the recipe that `fit` would use, each choice with its reason.

    It is TOML: keep it, change it, hand it back.

        wellfit recipe digits > mine.toml
        wellfit fit digits --recipe mine.toml

    Parameters
    ----------
    data
        What would be fitted, as in `wellfit fit`.
    """
    from wellfit.jobs.plan import plan

    case, reasons = plan(*settled(data, choices, own))
    write(case.recipe.toml(reasons))
    return 0
