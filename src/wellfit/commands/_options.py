"""Options that several commands take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter


def _sizes(type_: Any, tokens: Sequence[Any]) -> tuple[int, ...]:
    """ "3,224,224" -> (3, 224, 224)."""
    sizes = tuple(int(n) for token in tokens for n in token.value.replace("x", ",").replace("×", ",").split(",") if n)
    if any(n < 1 for n in sizes):
        raise ValueError("sizes are whole numbers from 1 on, as 3,224,224")
    return sizes


Words = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]
Shape = Annotated[tuple[int, ...], Parameter(converter=_sizes)]
Json = Annotated[bool, Parameter(help="Print one JSON document and nothing else.")]


@Parameter(name="*")
@dataclass(frozen=True)
class Own:
    """Code of your own that a command runs.

    Parameters
    ----------
    network
        Your network, FILE.py:factory; factory(shape_in, shape_out) gives an nn.Module. The file is run.
    with_
        Plug-ins of your own (a network, a loss, a rule ...), Python files that are run.
    """

    network: str | None = None
    with_: Annotated[Words, Parameter(name="--with")] = ()


@Parameter(name="*")
@dataclass(frozen=True)
class Choices:
    """What may be chosen before a fit.

    Parameters
    ----------
    target
        The column to predict (or several).
    task
        What is asked, where it cannot be told: density, quantiles, regression ...
    recipe
        A TOML file with choices, as `wellfit recipe` prints.
    from_
        Weights to begin with: a run, a .safetensors file, or a trained module, FILE.py:factory.
    set_
        Single choices, as training.epochs=50 network.widths=[64,64].
    skip_bad
        Leave out pictures that cannot be read, and count them.
    """

    target: Words = ()
    task: str | None = None
    recipe: Path | None = None
    from_: Annotated[str | None, Parameter(name="--from")] = None
    set_: Annotated[Words, Parameter(name="--set")] = ()
    skip_bad: bool = False
