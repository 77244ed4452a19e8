"""A network before it is trained, in a terminal: layers, cost, how outputs hang on inputs, symmetries."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from wellfit.nouns.units import count, figure, size
from wellfit.views.terminal import tables
from wellfit.views.terminal.screen import Screen

INPUTS = 11
"""Inputs drawn for an output."""
MOST_TIES, MOST_LAYERS = 8, 12
EXACT = 1e-4
"""Relative error under which a symmetry is called kept: rounding of float32 through tens of layers."""


def show(facts: Mapping[str, Any], screen: Screen) -> None:
    """Print what `jobs.summary` says of a network."""
    parts = list(_parts(facts, screen))
    screen.print(*parts)


def _parts(facts: Mapping[str, Any], screen: Screen) -> Iterator[RenderableType]:
    def line(text: str, style: str = "") -> Text:
        return Text(screen.text(text), style=style)

    yield tables.layers(facts["layers"], screen)
    parameters = sum(r["parameters"] for r in facts["layers"])
    total = f"{count(parameters)} parameters, {count(facts['multiply_adds'])} multiply-adds an example"
    yield line(f"\n{total}", "bold")
    yield line(
        f"a training step of {facts['batch']} examples holds about {size(facts['memory_bytes'])}: "
        f"{size(facts['kept_bytes'])} an example for the backward pass, and {size(4 * facts['weights_bytes'])} of weights, "
        "gradients and Adam's moments"
    )
    if facts["ties"]:
        yield line("\nHow one output hangs on the inputs of its layer", "bold")
        shown = _differing(facts["ties"])
        wide = min(max(len(t["layer"]) for t in shown), 28)
        for t in shown:
            where = t["layer"] if len(t["layer"]) <= wide else "…" + t["layer"][1 - wide :]
            yield line(f"  {where.ljust(wide)}  {_drawn(t)}  {_tied(t)}")
    if facts["symmetries"]:
        yield line("\nSymmetries, as it stands (relative change of the output, 0 where it is kept)", "bold")
        for s in facts["symmetries"]:
            yield line(f"  {s['change']}: {_kept(s)} ({s['of']})")


def _differing(ties: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first layer of each way of being tied, then others, as many as are shown."""
    first: dict[tuple, Mapping[str, Any]] = {}
    for t in ties:
        first.setdefault((t["type"], t["kind"]), t)
    rest = [t for t in ties if t not in first.values()]
    kept = [*first.values(), *rest][:MOST_TIES]
    return [t for t in ties if t in kept]


def _drawn(tie: Mapping[str, Any]) -> str:
    """● for inputs that the output sees, · for others, in their share."""
    seen = INPUTS if tie["inputs"] == tie["of"] else min(max(round(INPUTS * tie["inputs"] / tie["of"]), 1), INPUTS - 2)
    left = (INPUTS - seen) // 2
    return "·" * left + "●" * seen + "·" * (INPUTS - seen - left)


def _tied(tie: Mapping[str, Any]) -> str:
    what = f"{tie['type']}: {tie['kind']}; {count(tie['inputs'])} of {count(tie['of'])} inputs"
    return f"{what}, each weight serves {count(tie['uses'])} outputs" if tie["uses"] > 1 else what


def _kept(symmetry: Mapping[str, Any]) -> str:
    def said(error: float) -> str:
        return "undefined" if math.isnan(error) else "kept" if error < EXACT else figure(error, 2)

    inside = symmetry["inside"]
    return said(symmetry["error"]) + (f", {said(inside)} away from the borders" if inside is not None else "")
