"""facts: counts worth showing about data, JSON types only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.data import Raw, Split
from wellfit.verbs.load.learn import Learnt
from wellfit.verbs.load.part import Parted
from wellfit.verbs.load.task import Question


def facts_of(raw: Raw, what: Question, parted: Parted, learnt: Learnt, splits: Mapping[str, Split]) -> dict[str, Any]:
    """class_counts {split: [count of each class]} (multilabel: how often each label is set); missing {column: count};
    duplicates: rows of valid and test that copy rows seen before; repeated: rows that copy an earlier one;
    left_out {column: why}; n_rows; n_features; constant_features; target {name: {mean, sd, min, max, unit}} of the
    training rows of a regression."""
    prepared = learnt.preparation
    train = learnt.encoded[parted.rows["train"]].reshape(len(parted.rows["train"]), -1)
    facts: dict[str, Any] = {
        "class_counts": {},
        "missing": learnt.missing,
        "duplicates": parted.duplicates,
        "repeated": parted.repeated,
        "left_out": learnt.left_out,
        "n_rows": len(raw),
        "n_features": int(np.prod(prepared.shape_in)),
        "constant_features": int((train.min(axis=0) == train.max(axis=0)).sum()),
    }
    if what.task == "classification":
        n = len(what.classes)
        facts["class_counts"] = {k: np.bincount(s.y.numpy(), minlength=n).tolist() for k, s in splits.items()}
    elif what.task == "multilabel":
        facts["class_counts"] = {k: s.y.sum(dim=0).int().tolist() for k, s in splits.items()}
    else:
        y = what.y[parted.rows["train"]]
        facts["target"] = {
            name: {
                "mean": float((column / (top := np.abs(column).max() or 1.0)).mean() * top),
                "sd": float((column / top).std() * top),
                "min": float(column.min()),
                "max": float(column.max()),
                "unit": raw.units.get(name, ""),
            }
            for name, column in zip(what.names, y.T)
        }
    return facts
