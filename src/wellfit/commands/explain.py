"""The command `wellfit explain`, its options and its view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from wellfit.commands._common import network_of, tell
from wellfit.commands._options import Json, Own, Shape, Words

HOW = {"sort_key": 7, "usage": "Usage: wellfit explain RUN|MODULE:FACTORY [OPTIONS]"}
Numbers = Annotated[tuple[int, ...], Parameter(consume_multiple=True)]


@Parameter(name="*")
@dataclass(frozen=True)
class Asked:
    """What is to be looked at more closely.

    Parameters
    ----------
    layer
        The layer to look at, as `wellfit summary` names it.
    unit
        The unit (channel) to look at. Default: several.
    objective
        What features are painted for: channel (its mean, the default), unit (its middle cell) or layer (all of it).
    rows
        Numbers of the examples to explain, as in the source. Default: some of the validation split.
    methods
        Explainers to use, as integrated_gradients or grad_cam.
    count
        How many examples or pictures at most.
    steps
        Steps of an optimisation. Default: what is usual for it.
    seed
        The same seed gives the same pictures.
    """

    layer: str = ""
    unit: int | None = None
    objective: str = ""
    rows: Numbers = ()
    methods: Annotated[Words, Parameter(name="--method")] = ()
    count: int = 0
    steps: int = 0
    seed: int = 0


@Parameter(name="*")
@dataclass(frozen=True)
class Given:
    """What it is looked at with.

    Parameters
    ----------
    data
        The data, where a run's own have moved, or for a network of your own.
    shape
        Without data: sizes of one example, as 3,224,224.
    outputs
        Without data, for a factory that takes (shape_in, shape_out): sizes of one output.
    against
        Another run of the same task, to compare with.
    replay
        Train the run once more, for the way of its weights over the landscape.
    """

    data: str | None = None
    shape: Shape = ()
    outputs: Shape = ()
    against: Path | None = None
    replay: bool = False


def explain(
    run: str,
    /,
    *,
    what: Words = (),
    out: Path | None = None,
    json: Json = False,
    asked: Asked = Asked(),
    given: Given = Given(),
    own: Own = Own(),
) -> int:
    """See what a run, or a trained network of your own, has learnt: a page of pictures, and the arrays behind them.

    WHAT it can show: attribution (what its answers come from, and whether that can be trusted), examples (sure
    mistakes, likely wrong labels, near-duplicates), layers; and, where it is asked for, features (what units look for),
    landscape (of the loss), blocks (what a layer sees, place by place), atlas (all that a layer says).

        wellfit explain runs/first
        wellfit explain runs/first --what attribution --rows 17 203 --method integrated_gradients
        wellfit explain runs/first --what features --layer conv2 --unit 5
        wellfit explain runs/first --what landscape --against runs/second
        wellfit explain mine.py:trained --data pictures.zip

    Parameters
    ----------
    run
        The folder of a run; or what gives a trained network, module:factory or FILE.py:factory.
    what
        What to look at, as above, or all. Default: what takes seconds.
    out
        The folder to write to. Default: explained in the run's folder.
    """

    def stages() -> Iterator[Any]:
        from wellfit.jobs.explain import explained

        yield from explained(run, what, network=network_of(own), out=out, **asdict(asked), **asdict(given))

    return tell(stages, json)
