"""The command `wellfit resume`, its options and its view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wellfit.commands._common import network_of, tell
from wellfit.commands._options import Json, Own

HOW = {"sort_key": 2, "usage": "Usage: wellfit resume RUN [OPTIONS]"}


def resume(run: Path, /, *, json: Json = False, own: Own = Own()) -> int:
    """Go on with a run that was killed or stopped.

    It ends bit for bit where the unbroken run would have ended.

        wellfit resume runs/20260301-101500-digits

    Parameters
    ----------
    run
        The folder of the run.
    """

    def stages() -> Iterator[Any]:
        from wellfit.jobs.resume import resumed

        yield from resumed(run, network=network_of(own))

    return tell(stages, json)
