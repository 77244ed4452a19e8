"""facts: counts worth showing about data, JSON types only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wellfit.nouns.data import Raw, Split
from wellfit.nouns.task import Question
from wellfit.verbs.load.learn import Learnt, rows_of_targets
from wellfit.verbs.load.part import Parted


def facts_of(raw: Raw, what: Question, parted: Parted, learnt: Learnt, splits: Mapping[str, Split]) -> dict[str, Any]:
    """class_counts {split: [count of each class]} (multilabel: how often each label is set); missing {column: count};
    duplicates: rows of valid and test that copy rows seen before; repeated: rows that copy an earlier one;
    left_out {column: why}; n_rows; n_pictures (fewer where rows are tiles of them); n_features; constant_features; range
    of pictures: their least and greatest value;
    target {name: {mean, sd, min, max, unit}} of the training rows, for values; class_counts of pictures with masks: of
    their cells."""
    prepared = learnt.preparation
    train = learnt.encoded[parted.rows["train"]].reshape(len(parted.rows["train"]), -1)
    facts: dict[str, Any] = {
        "class_counts": {},
        "missing": learnt.missing,
        "duplicates": parted.duplicates,
        "repeated": parted.repeated,
        "left_out": learnt.left_out,
        "n_rows": len(raw),
        "n_pictures": len(raw.tiles) if raw.tiles is not None else len(raw),
        "n_features": int(np.prod(prepared.shape_in)),
        "constant_features": int((train.min(axis=0) == train.max(axis=0)).sum()),
    }
    if raw.kind == "pictures":
        facts["range"] = [float(train.min()), float(train.max())]
    if what.form == "classes":
        count = lambda y: np.bincount(y[y >= 0].numpy(), minlength=len(what.classes)).tolist()
        facts["class_counts"] = {k: count(s.y) for k, s in splits.items()}
    elif what.form == "labels":
        facts["class_counts"] = {k: s.y.sum(dim=0).int().tolist() for k, s in splits.items()}
    elif what.form == "values":
        y = rows_of_targets(what.y[parted.rows["train"]])
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
