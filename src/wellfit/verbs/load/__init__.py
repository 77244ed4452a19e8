"""load: from a source of data to Data: read, understood, split, scaled, with a reason for every decision.

Each line of `load` below is a file beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from wellfit.nouns.allowance import in_all, settled
from wellfit.nouns.collector import still
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.errors import DataError
from wellfit.nouns.preparation import Preparation
from wellfit.nouns.recipe import DataChoices
from wellfit.verbs.load.ask import ask
from wellfit.verbs.load.facts import facts_of
from wellfit.verbs.load.fields import fields_over_time
from wellfit.verbs.load.large import opened
from wellfit.verbs.load.leaks import leaks
from wellfit.verbs.load.learn import learn
from wellfit.verbs.load.molecules import as_graphs
from wellfit.verbs.load.part import part
from wellfit.verbs.load.passages import passages
from wellfit.verbs.load.read import read
from wellfit.verbs.load.series import is_series
from wellfit.verbs.load.streamed import streamed
from wellfit.verbs.load.task import question
from wellfit.verbs.load.unasked import asks_nothing, unasked
from wellfit.verbs.load.windows import forecast

__all__ = ["load", "read"]


def load(source: Any, choices: DataChoices | None = None, targets: Any = None, like: Preparation | None = None) -> Data:
    """Data ready to train on, every choice made and explained.

    source: a bundled set's name, a path, a DataFrame, an array or tensor with `targets`, (X, y), {"train": ...,
    "valid": ..., "test": ...}, a torch Dataset or DataLoader. What is learnt from the data (columns, fill values,
    scaling) is learnt from the training rows alone; like: the preparation of earlier data, kept as far as it fits,
    where a network begins with weights that were learnt from those. Raises DataError.
    """
    choices = choices or DataChoices.model_validate({})
    if targets is None and like is None and (large := opened(source, choices)) is not None:
        found = streamed(large, choices, settled(choices.memory), whole)
        if found is not None:
            return found
    with still():  # scikit-learn and pandas are loaded on the way
        raw = read(source, choices, targets)
    if raw.kind == "text":
        return passages(raw, choices)
    if raw.kind == "grid":
        return fields_over_time(raw, choices)
    if is_series(raw, choices):
        return forecast(raw, choices)
    return whole(raw, choices, like)


def whole(raw: Raw, choices: DataChoices, like: Preparation | None = None) -> Data:
    """Data of rows that are all in memory."""
    asked = unasked(raw, choices) if asks_nothing(choices) else ask(raw, choices)
    raw, asked = as_graphs(raw, asked)
    what = question(asked.y, asked.names, raw, choices.task)
    parted = part(asked, what, choices)
    learnt = learn(raw, asked, what, parted, choices, like)
    prepared = learnt.preparation
    splits = {
        name: Split(
            prepared.scaling(learnt.encoded[rows]),
            prepared.targets(what.y[rows]),
            asked.rows[rows],
            None if asked.weight is None else torch.from_numpy(asked.weight[rows].astype(np.float32)),
        )
        for name, rows in parted.rows.items()
    }
    _within_float32(splits, prepared)
    leaking = leaks(learnt, what, parted.rows["train"])
    return Data(
        raw=raw,
        task=what.task,
        **splits,
        preparation=prepared,
        shape_in=prepared.shape_in,
        shape_out=prepared.shape_out,
        classes=what.classes,
        target_names=what.names,
        choices=choices.model_dump()
        | {
            "target": asked.target,
            "task": what.task,
            "split": parted.how,
            "time": parted.time,
            "normalise": prepared.scaling.method,
            "normalise_targets": prepared.target_scaling.method,
            "memory": in_all(choices.memory),
            "missing": ("impute" if raw.kind == "table" else "refuse")
            if choices.missing == "auto"
            else choices.missing,
        }
        | learnt.kept,
        reasons={"data.target": asked.why, "data.task": what.why, "data.split": parted.why, **learnt.reasons},
        facts=facts_of(raw, what, parted, learnt, splits),
        findings=(*raw.findings, *asked.findings, *what.findings, *parted.findings, *learnt.findings, *leaking),
    )


def _within_float32(splits: Mapping[str, Split], prepared: Preparation) -> None:
    """Raises DataError for inputs or targets that are too large for float32 after scaling, with the feature's name."""
    for split in splits.values():
        for what, values, names in (
            ("input", split.x, prepared.input_names),
            ("target", split.y, prepared.target_names),
        ):
            if what == "target" and values.ndim > 2:
                values = values.nan_to_num(0.0)  # marks of cells that are not asked for
            if values.ndim == 1 or torch.isfinite(values.sum()) or torch.isfinite(values).all():
                continue
            first = int(torch.nonzero(~torch.isfinite(values.flatten(1)).all(dim=0))[0])
            name = repr(names[first]) if len(names) > first else str(first)
            found = f"{what} {name} is beyond float32 (3.4e38) even after scaling"
            raise DataError("inputs and targets of sizes that can be computed with", found, "give it in another unit")
