"""Multi-label: for each example any number of K labels, each there or not."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.merits import Merits, of_labels
from wellfit.nouns.task import Judged, Question, Task, as_numbers


def multilabel() -> Task:
    """Any number of K labels for each example, each there or not.

    Measures: F1 over all labels, share of labels right, share of examples with every label right. Rival: each label
    as in most training examples. Loss: binary cross-entropy.
    """
    return Task(
        form="labels",
        loss=("binary_cross_entropy", "labels: makes each output a probability"),
        question=question,
        merits=merits,
        score=labels_right,
        score_name="share of labels right",
    )


def merits(judged: Judged) -> tuple[Merits, str]:
    """Measures of answers [N, K] beside those of the commoner answer to each label."""
    train = judged.data.train
    return of_labels(judged.answers, judged.truth, train.y.sum(0).cpu().numpy(), len(train))


def labels_right(outputs: Tensor, targets: Tensor) -> Tensor:
    """Share of all labels that are right; outputs, targets [N, K]."""
    return ((outputs > 0) == (targets > 0.5)).float().mean()


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Columns of 0 and 1 [N, K]. Raises DataError for other values, and for a label that is always the same."""
    numeric = as_numbers(y)
    if numeric is None or numeric.ndim != 2 or not np.isin(numeric, (0.0, 1.0)).all():
        raise DataError(
            "several labels an example (multilabel)",
            "targets that are not columns of 0 and 1",
            "give [N, K] of 0 and 1",
        )
    same = [n for n, column in zip(names, numeric.T) if len(np.unique(column)) == 1]
    if same:
        raise DataError(f"the label {same[0]!r}", "it is the same in every example", "leave this label out")
    return Question("multilabel", why, numeric.astype(np.float32), names, classes=names)
