"""The command `wellfit summary`, its options and its view."""

from __future__ import annotations

from dataclasses import replace
from json import dumps
from pathlib import Path

from wellfit.commands._common import settled, write
from wellfit.commands._options import Choices, Json, Own, Shape

HOW = {"sort_key": 4, "usage": "Usage: wellfit summary [DATA | RECIPE | MODULE:FACTORY] [OPTIONS]"}


def summary(
    what: str | None = None,
    /,
    *,
    shape: Shape = (),
    outputs: Shape = (),
    batch: int = 32,
    json: Json = False,
    choices: Choices = Choices(),
    own: Own = Own(),
) -> int:
    """Look at a network before it is trained: layers, cost, connections, symmetries.

    Layer by layer the output shape, parameters, multiply-adds and receptive field; the memory of a training
    step; how one output hangs on its inputs; what the network does with inputs moved or turned.

        wellfit summary digits
        wellfit summary digits --set network.name=dense network.widths=[64,64]
        wellfit summary recipe.toml
        wellfit summary torchvision.models:resnet18 --shape 3,224,224

    Parameters
    ----------
    what
        What would be fitted, as in `wellfit fit`; a recipe; or what makes a network, module:factory or FILE.py:factory.
    shape
        For a factory: sizes of one example, as 3,224,224.
    outputs
        For a factory that takes (shape_in, shape_out): sizes of one output, as 10.
    batch
        For a factory: examples of a training step.
    """
    from wellfit.jobs.summary import of_data, of_module
    from wellfit.nouns.errors import NetworkError
    from wellfit.views.terminal import anatomy
    from wellfit.views.terminal.screen import screen

    if what and ":" in what and not Path(what).exists():
        facts = of_module(what, shape, outputs, batch)
    else:
        if shape or outputs:
            asked = f"a summary of {what or 'digits'} with --{'shape' if shape else 'outputs'}"
            raise NetworkError(asked, "data that say their sizes themselves", "leave it out, or name module:factory")
        if what and what.endswith(".toml"):
            what, choices = None, replace(choices, recipe=Path(what))
        facts = of_data(*settled(what, choices, own))
    if json:
        write(dumps(facts, indent=1) + "\n")
    else:
        anatomy.show(facts, screen())
    return 0
