"""read: a source of any kind to Raw, by the first reader of the shelf that can."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from wellfit.nouns import shelf
from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.preparation import array_of
from wellfit.nouns.recipe import DataChoices


def read(source: Any, choices: DataChoices | None = None, targets: Any = None) -> Raw:
    choices = choices or DataChoices()
    if isinstance(source, tuple) and len(source) == 2 and targets is None:
        source, targets = source
    for word in shelf.names("readers"):
        if shelf.module("readers", word).can_read(source):
            raw = shelf.get("readers", word)(source, target=choices.target, skip_bad=choices.skip_bad)
            return raw if targets is None else replace(raw, targets=array_of(targets))
    raise DataError(f"the data {source!r}", "no reader for it", "name a bundled set, a file or a folder")
