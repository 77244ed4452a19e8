"""large: is a source to be read piece by piece, since it, or what is made of it, is more than memory may hold?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wellfit.nouns import shelf
from wellfit.nouns.allowance import bytes_of, settled
from wellfit.nouns.blocks import Blocks
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.task import task_of

COPIES = (
    4  # times its own size that a table takes while it is read as a whole: as read, as numbers, scaled, and between
)
LARGE = 10**8  # bytes from which a source is read piece by piece even where memory would hold it


def opened(source: Any, choices: DataChoices, to_learn: bool = True) -> Raw | None:
    """The source with its examples as Blocks, where it is large; None where it is to be read as a whole. to_learn: from
    it, not to answer for it.

    Raises DataError where a recipe allows less memory than the whole takes, for choices that need the whole.
    """
    if not isinstance(source, str | Path) or choices.memory == "all":
        return None
    for word in shelf.names("readers"):
        module = shelf.module("readers", word)
        if module.can_read(str(source)):
            lazily, roughly = getattr(module, "lazily", None), getattr(module, "roughly", None)
            most = bytes_of(settled(choices.memory))
            if roughly is not None and COPIES * roughly(str(source)) <= most:
                return None
            raw = None if lazily is None else lazily(str(source), target=choices.target)
            if raw is None or not isinstance(raw.inputs, Blocks):
                return None
            size = raw.inputs.size
            if COPIES * size <= most and size <= LARGE:
                return None
            why = needs_all(raw, choices) if to_learn else ""
            if why and choices.memory != "auto":
                raise too_large(raw, choices, why)
            return None if why else raw
    return None


def needs_all(raw: Raw, choices: DataChoices) -> str:
    """Why a recipe can only be followed with all rows in memory; "" where pieces do."""
    if choices.task != "auto" and (task_of(choices.task).form == "density" or task_of(choices.task).in_time):
        return f"data.task = {choices.task}"
    for key in ("weight", "horizon", "history"):
        if getattr(choices, key):
            return f"data.{key} = {getattr(choices, key)}"
    for key in ("normalise", "normalise_targets"):
        if getattr(choices, key) == "kept":
            return f"data.{key} = kept"
    if raw.kind == "pictures" and choices.skip_bad:
        return "data.skip_bad"
    if raw.kind != "table" and (raw.targets is None or raw.targets.ndim > 2):
        return "answers that are arrays" if raw.targets is not None else "inputs without answers"
    return ""


def too_large(raw: Raw, choices: DataChoices, why: str) -> DataError:
    """The refusal of what needs all rows at once, where a person allowed less memory than they take."""
    size = COPIES * raw.inputs.size  # type: ignore[union-attr]
    asked = f"{raw.name} within data.memory = {choices.memory}"
    found = f"{why}, which needs all rows at once: about {size / 1e9:.2g} GB"
    return DataError(asked, found, "allow more, or choose what can be read piece by piece")
