"""Answers: a classifier's outputs beside the truth, in one form, with what several charts count in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Answers:
    """truth [N] int; probabilities [N, C] (rows add up to 1); said [N] int: the class held most probable; rows [N]:
    where these examples stand in what was given (those without finite outputs are left out)."""

    truth: np.ndarray
    probabilities: np.ndarray
    said: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def confidence(self) -> np.ndarray:
        """Probability [N] of the class that was said."""
        return self.probabilities[np.arange(len(self)), self.said]

    @property
    def right(self) -> np.ndarray:
        return self.said == self.truth


def class_answers(truth: np.ndarray, outputs: np.ndarray) -> Answers | None:
    """Answers from truth [N] and probabilities [N, C] (or [N], of the second of two); None if there are none."""
    truth, outputs = np.asarray(truth), np.asarray(outputs, dtype=float)
    if outputs.ndim == 1 or (outputs.ndim == 2 and outputs.shape[1] == 1):
        outputs = np.stack([1 - outputs.reshape(-1), outputs.reshape(-1)], axis=1)
    if outputs.ndim != 2 or truth.reshape(-1).shape[0] != len(outputs):
        return None
    truth = np.nan_to_num(truth.reshape(-1).astype(float), nan=-1)
    rows = np.flatnonzero(np.isfinite(outputs).all(axis=1) & (truth >= 0) & (truth < outputs.shape[1]))
    if not len(rows):
        return None
    return Answers(truth[rows].astype(int), outputs[rows], outputs[rows].argmax(axis=1), rows)


def label_answers(truth: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(truth [N, K] of 0 and 1, probabilities [N, K]) of a multi-label task, finite rows only; None if none is."""
    truth, outputs = np.asarray(truth, dtype=float), np.asarray(outputs, dtype=float)
    if outputs.ndim != 2 or truth.shape != outputs.shape:
        return None
    ok = np.isfinite(outputs).all(axis=1) & np.isfinite(truth).all(axis=1)
    return (truth[ok], outputs[ok]) if ok.any() else None


def confusion(answers: Answers) -> np.ndarray:
    """How often each class [C, C] was taken for each: rows are the truth, columns what was said."""
    c = answers.probabilities.shape[1]
    return np.bincount(answers.truth * c + answers.said, minlength=c * c).reshape(c, c)
