"""Write docs/networks.md from the networks' own docstrings, with measured parameter counts: `python docs/make_networks.py`."""

from __future__ import annotations

import inspect
import io
from pathlib import Path
from typing import Any

import torch

from wellfit.jobs.summary import of_data
from wellfit.nouns import shelf
from wellfit.nouns.summary import parameters
from wellfit.verbs.settle import settle
from wellfit.views.terminal import anatomy
from wellfit.views.terminal.screen import screen

HERE = Path(__file__).parent
Row = tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]
EXAMPLES: dict[str, list[Row]] = {
    "dense": [((784,), (10,), {})],
    "conv": [((1, 28, 28), (10,), {}), ((3, 32, 32), (10,), {})],
    "vgg": [((3, 224, 224), (1000,), {"depth": d}) for d in (11, 13, 16, 19)],
    "resnet": [
        *[((3, 224, 224), (1000,), {"depth": d}) for d in (18, 34, 50)],
        *[((3, 32, 32), (10,), {"depth": d, "widths": (16, 32, 64)}) for d in (20, 32, 44)],
    ],
    "unet": [((3, 128, 128), (1, 128, 128), {}), ((3, 128, 128), (1, 128, 128), {"upsample": "bilinear"})],
    "decoder": [((64,), (1, 28, 28), {}), ((64,), (3, 32, 32), {"upsample": "bilinear"})],
    "recurrent": [((7, 96), (1,), {"cell": c}) for c in ("rnn", "lstm", "gru")],
    "dlinear": [((7, 336), (7, 96), {})],
    "tcn": [((7, 96), (1,), {})],
    "transformer": [((7, 96), (1,), {}), ((256,), (65, 256), {"vocabulary": 65, "causal": True})],
    "sphere": [((1, 73, 144), (1, 73, 144), {})],
    "equivariant": [((1, 28, 28), (10,), {"group": g}) for g in ("p4", "p4m")],
    "graph": [((32, 40), (1,), {})],
    "vae": [((1, 28, 28), (1,), {}), ((3, 32, 32), (1,), {})],
    "gan": [((1, 28, 28), (1,), {}), ((3, 32, 32), (1,), {})],
    "flow": [((6,), (1,), {}), ((6,), (1,), {"kind": "affine"})],
}


def page() -> str:
    """The whole page: what each network is, its own settings, and how many parameters it has."""
    lines = [
        "# Networks",
        "",
        "Made by `python docs/make_networks.py` from the code's own docstrings and measured counts.",
    ]
    lines += ['Each is one word in a recipe, `network.name = "unet"`, with its own settings under `[network.options]`;']
    lines += ["each file needs torch alone and can be copied out. Shapes are those of one example."]
    lines += ["", "## Looking at one before it is trained", "", *_looked_at()]
    for word in shelf.names("networks"):
        make = shelf.get("networks", word)
        lines += ["", f"## [`{word}`](../src/wellfit/networks/{word}.py)", "", inspect.getdoc(make) or "", ""]
        lines += ["| input | output | settings | parameters |", "| --- | --- | --- | --- |"]
        for shape_in, shape_out, options in EXAMPLES.get(word, []):
            with torch.random.fork_rng(devices=[]), torch.device("meta" if word in ("vgg", "resnet") else "cpu"):
                n = parameters(make(shape_in, shape_out, **options))
            said = ", ".join(f"{k} = {v}" for k, v in options.items()) or "as they come"
            lines.append(f"| {_times(shape_in)} | {_times(shape_out)} | {said} | {n:,} |")
    return "\n".join(lines) + "\n"


def _looked_at() -> list[str]:
    """What `wellfit summary` says of the network that is proposed for the digits."""
    told = io.StringIO()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        anatomy.show(of_data("digits", settle("digits", None, {})), screen(told))
    lines = [
        "`wellfit summary digits` (or a recipe's file, or `package.module:factory --shape 3,224,224`) shows, without"
    ]
    lines += [
        "training, the layers, what they cost, how an output hangs on the inputs of its layer, and what the network"
    ]
    lines += ["does with inputs moved or turned, all measured on it:", ""]
    return lines + [f"    {row}".rstrip() for row in told.getvalue().strip("\n").splitlines()]


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


if __name__ == "__main__":
    (HERE / "networks.md").write_text(page(), encoding="utf-8")
