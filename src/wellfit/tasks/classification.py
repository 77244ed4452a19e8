"""Classification: one of C classes for each example."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from wellfit.nouns.data import Raw
from wellfit.nouns.errors import DataError
from wellfit.nouns.finding import Finding
from wellfit.nouns.merits import Merits, of_classes
from wellfit.nouns.preparation import class_name, tidy
from wellfit.nouns.task import Judged, Question, Task


def classification() -> Task:
    """One of C classes for each example.

    Measures: accuracy, balanced accuracy, macro F1, log loss, ROC AUC, calibration error. Rival: always the commonest
    class of the training rows. Loss: cross-entropy.
    """
    return Task(
        form="classes",
        loss=("cross_entropy", "classes: makes the outputs probabilities"),
        question=question,
        merits=merits,
        score=accuracy,
        score_name="accuracy",
    )


def merits(judged: Judged) -> tuple[Merits, str]:
    """Measures of answers [N, C] beside those of the commonest class."""
    counts = np.bincount(judged.data.train.y.cpu().numpy(), minlength=judged.answers.shape[1])
    return of_classes(judged.answers, judged.truth, counts, judged.data.classes)


def accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Share of the examples that are right; outputs [N, C], targets [N]."""
    return (outputs.argmax(1) == targets).float().mean()


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Class names [N] from names or codes [N], or from one-hot columns [N, C].

    Raises DataError for one class only, or a class with a single example.
    """
    if y.ndim > 2:
        raise DataError("one class for each example", f"targets of shape {y.shape}", "give [N], or name another task")
    label = ", ".join(names[:5])
    if y.ndim == 2:
        columns = names if len(names) == y.shape[1] else tuple(map(str, range(y.shape[1])))
        words, label, names = np.array(columns, dtype=object)[y.astype(np.float64).argmax(axis=1)], "class", ("class",)
    else:
        named = np.array([class_name(v) for v in y.tolist()]) if y.dtype.kind == "O" else y
        distinct, codes = np.unique(named, return_inverse=True)
        words = np.array([class_name(v) for v in distinct], dtype=object)[codes]
    words, findings = _merged(words, label)
    found, first, counts = np.unique(words.astype(str), return_index=True, return_counts=True)
    classes = [str(c) for c in found]
    if len(classes) == 1:
        beside = "".join(f"; {f.summary}" for f in raw.findings if f.fault == "classes-empty")
        found = f"one class only: {classes[0]!r}, {len(words):,} times{beside}"
        do = "name another target, or add examples of another class"
        raise DataError(f"classes to tell apart in {label!r}", found, do)
    single = np.flatnonzero(counts == 1)
    if len(single):
        alone = ", ".join(f"{classes[i]!r} (row {first[i] + 1:,})" for i in single[:3])
        more = f" and {len(single) - 3:,} more" if len(single) > 3 else ""
        some = "one class has" if len(single) == 1 else f"{len(single):,} of {len(classes):,} classes have"
        many = len(single) > len(classes) / 2 and _is_number(words[0])
        raise DataError(
            f"two examples or more of each class in {label!r}",
            f"{some} a single example: {alone}{more}",
            "--set data.task=regression, if these are quantities"
            if many
            else "add examples, or leave the rows out or join them to another class",
        )
    return Question("classification", why, words, names, tuple(_ordered(classes)), findings)


def _ordered(names: list[str]) -> list[str]:
    """Numbers by value, names by the alphabet."""
    return sorted(names, key=float) if all(map(_is_number, names)) else sorted(names)


def _merged(words: np.ndarray, label: str) -> tuple[np.ndarray, tuple[Finding, ...]]:
    """Class names that differ only by a stray full stop or spaces joined under the more frequent spelling."""
    names, counts = np.unique(words.astype(str), return_counts=True)
    spellings: dict[str, list[tuple[int, str]]] = {}
    for name, count in zip(names.tolist(), counts.tolist()):
        spellings.setdefault(tidy(name), []).append((count, name))
    into = {n: max(group)[1] for group in spellings.values() if len(group) > 1 for _, n in group}
    strays = {n: t for n, t in into.items() if n != t}
    if not strays:
        return words, ()
    said = ", ".join(f"{n!r} ({int(counts[names == n][0]):,}) as {t!r}" for n, t in strays.items())
    note = Finding(
        "labels-encoding",
        "info",
        f"{label}: {len(strays)} class names differ from others only by a stray full stop or space; joined",
        evidence=f"read {said}",
        stage="data",
    )
    return np.array([into.get(w, w) for w in words.tolist()], dtype=object), (note,)


def _is_number(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return True
