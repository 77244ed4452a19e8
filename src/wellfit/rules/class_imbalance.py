"""A class that is never given as an answer, though examples of it are there to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wellfit.nouns.finding import Finding
from wellfit.nouns.reading import Reading
from wellfit.nouns.skill import Skill

FEWEST = 10
RARE = 0.5


def class_imbalance(
    task: str,
    train_truth: np.ndarray,
    train_outputs: np.ndarray,
    valid_outputs: np.ndarray,
    skill: Skill,
    classes: Sequence[str] = (),
    recipe: Mapping[str, Any] | None = None,
) -> Finding | None:
    """One class drowns the others and nothing accounts for it.

    Sees: a class with at least 10 training examples, but under half of its even share, that the network answers
    for not one of its own training examples, nor for any validation example; while other classes are told apart.
    Hurts: accuracy looks fine and the rare class, often the one that matters, is never found.
    Mistaken for: a class that cannot be told from another by these inputs, a network that learnt nothing at all.
    Remedy: class weights, or more examples of the class.
    Source: exact counts; a class that can be told apart at all and has 10 examples is answered at least once.
    """
    weighted = (recipe or {}).get("training.class_weights", "none") != "none"
    if task != "classification" or weighted or not len(train_truth) or skill.valid.low <= 0:
        return None
    n_classes = np.shape(train_outputs)[1]
    counts = np.bincount(train_truth, minlength=n_classes)
    given = np.bincount(np.argmax(train_outputs, 1), minlength=n_classes)
    given += np.bincount(np.argmax(valid_outputs, 1), minlength=n_classes)
    rare = (counts >= FEWEST) & (counts < RARE * counts.sum() / n_classes)
    never = np.flatnonzero(rare & (given == 0))
    if not len(never):
        return None
    name = lambda i: repr(classes[i]) if i < len(classes) else str(i)
    listed = ", ".join(f"{name(i)} ({counts[i]:,} of {counts.sum():,} training rows)" for i in never[:5])
    return Finding(
        "class-imbalance",
        "warning",
        f"{len(never)} of {n_classes} classes are never given as an answer.",
        evidence=f"never answered: {listed}",
        remedy="class weights (training.class_weights = balanced), or more examples of these classes",
        confidence=0.8,
        readings=tuple(Reading("train_examples", float(counts[i]), 0, where=name(i)) for i in never[:5]),
        limit=RARE,
        source="exact counts",
        change={"training.class_weights": "balanced"},
    )
