"""The command `wellfit tune`, its options and its view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cyclopts import Parameter

from wellfit.commands._common import settled, tell
from wellfit.commands._options import Choices, Json, Own

HOW = {"sort_key": 2, "usage": "Usage: wellfit tune [DATA | RECIPE] [OPTIONS]"}


@Parameter(name="*")
@dataclass(frozen=True)
class Search:
    """How the search goes.

    Parameters
    ----------
    space
        A TOML file with the choices to search. Default: by data and recipe; what you set is not searched.
    trials
        How many.
    time
        For all of it, as 90s, 10m or 2h. Default: 100 s, where no --trials are given.
    workers
        Processes that share the work. Default: as many as there are free cores, 4 at most.
    storage
        Where the study is: a database's URL or a journal file. Default: a journal in the study's folder.
    search
        How trials are drawn: tpe, random, gp ...
    pruner
        How trials that fall behind are stopped: halving, hyperband, none.
    seeds
        With how many fresh seeds the best and the default are trained again.
    """

    space: Path | None = None
    trials: int | None = None
    time: str | None = None
    workers: int | None = None
    storage: str | None = None
    search: str = "tpe"
    pruner: str = "halving"
    seeds: int = 5


def tune(
    what: str | None = None,
    /,
    *,
    choices: Choices = Choices(),
    how: Search = Search(),
    out: Path | None = None,
    json: Json = False,
    own: Own = Own(),
) -> int:
    """Search for a better recipe, and prove on the test rows, once, that it is one.

    Trials are compared on the validation rows. The best is trained again with
    fresh seeds beside the recipe without a search, and both are tested. The same
    command with the same --out (and --storage, on another host) joins a study,
    or goes on with one that was killed.

        wellfit tune digits
        wellfit tune houses.csv --target price --time 10m
        wellfit tune mine.toml --space space.toml --trials 50
        wellfit tune digits --out studies/a --storage postgresql://me@host/db

    Parameters
    ----------
    what
        What would be fitted, as in `wellfit fit`, or a recipe.
    out
        The study's folder. Default: studies/DATE-TIME-NAME.
    """

    def stages() -> Iterator[Any]:
        from wellfit.jobs.tune import seconds, tuned

        data, given = what, choices
        if what and what.endswith(".toml"):
            data, given = None, replace(choices, recipe=Path(what))
        options = {**vars(how), "time": seconds(how.time), "out": out, "plugins": own.with_}
        source, recipe, network = settled(data, given, own)
        yield from tuned(source, recipe=recipe, network=network, **options)

    return tell(stages, json)
