"""The command `wellfit fit`, its options and its view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from wellfit.commands._common import settled, tell
from wellfit.commands._options import Choices, Json, Own
from wellfit.nouns import collector

HOW = {"sort_key": 1, "usage": "Usage: wellfit fit [DATA] [OPTIONS]"}


def fit(
    data: str | None = None,
    /,
    *,
    choices: Choices = Choices(),
    out: Path | None = None,
    force: bool = False,
    summary: bool = False,
    compare: Literal["scratch"] | None = None,
    seeds: int = 3,
    profile: bool = False,
    json: Json = False,
    own: Own = Own(),
) -> int:
    """Fit a network to data: look at it, check, train, judge, test once, report.

    DATA is a bundled set (digits, iris, wine, breast_cancer, diabetes), a CSV or
    Parquet table, a folder or zip of class folders of pictures, .npy or .npz
    arrays, a folder of idx files as MNIST ships, or NetCDF, Zarr or GRIB fields.

    Ctrl-C ends training early: the best weights so far are kept, judged and
    reported. A run that was killed goes on with `wellfit resume`. Under torchrun
    or srun several processes train together, and a restart goes on by itself.

        wellfit fit digits
        wellfit fit houses.csv --target price --set training.epochs=100
        wellfit fit pictures.zip --out runs/first --summary
        wellfit fit few_pictures.zip --from runs/first --compare scratch
        wellfit fit digits --recipe mine.toml --json > result.json

    Parameters
    ----------
    data
        What to fit, as above. Default: digits.
    out
        The run's folder. Default: runs/DATE-TIME-NAME.
    force
        Train although a check before training failed.
    summary
        Show every layer with its output shape and parameters.
    compare
        With --from: train from scratch as well, seed by seed, and say what the earlier weights were worth.
    seeds
        With --compare: how many times both ways are trained.
    profile
        Show where a step's time goes, beside this machine's best.
    """

    rest: dict[str, Any] = {"out": out, "force": force}
    return tell(lambda: _stages(data, choices, own, seeds if compare else None, profile, rest), json, summary)


def _stages(
    data: str | None, choices: Choices, own: Own, pairs: int | None, profile: bool, rest: dict[str, Any]
) -> Iterator[Any]:
    """What is told: of a fit, of one beside training from scratch, or of a run that was cut off and goes on."""
    with collector.loading():
        from wellfit.jobs.compare import compared
        from wellfit.jobs.fit import story
        from wellfit.jobs.profiled import profiled
        from wellfit.jobs.resume import cut_off, resumed

    source, given, network = settled(data, choices, own)
    if (run := cut_off(rest["out"])) is not None:
        yield from resumed(run, network=network)
        return
    rest = {**rest, "recipe": given, "network": network}
    told = compared(source, seeds=pairs, **rest) if pairs is not None else story(source, **rest)
    yield from profiled(told) if profile else told
