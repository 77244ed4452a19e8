"""Merits: the figures of merit of answers against truth, by task, with intervals, and what a constant answer reaches.

Each function gives {name: {"value", "low", "high", "unit", "n"[, "baseline", "lower"]}}, the headline first, and the
baseline in words; "lower": is a lower figure the better one? The values are scikit-learn's; the
intervals are those of `nouns/scores`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wellfit.nouns.scores import Figures, means, score, spread, wilson

BINS = 15  # of the calibration error (Guo et al. 2017, arXiv:1706.04599)
EPS = float(np.finfo(np.float64).eps)

Merits = dict[str, dict[str, Any]]
Figure = Callable[[np.ndarray, np.ndarray], float]


def of_classes(
    answers: np.ndarray, truth: np.ndarray, counts: np.ndarray, classes: Sequence[str] = ()
) -> tuple[Merits, str]:
    """Accuracy, balanced accuracy, macro F1, log loss, ROC AUC (two classes), calibration error.

    answers: probabilities [N, C]; truth: class indices [N]; counts: training examples of each class [C].
    Balanced accuracy and macro F1 are means over the classes that occur (Brodersen et al. 2010; sklearn).
    """
    from sklearn.metrics import accuracy_score, f1_score, log_loss, recall_score

    strict: dict[str, Any] = {"zero_division": 0}

    n, present = len(truth), np.unique(truth)
    recall = lambda guess: recall_score(truth, guess, labels=present, average="macro", **strict)
    f1 = lambda guess: f1_score(truth, guess, average="macro", **strict)
    guess = answers.argmax(1)
    hits = int((guess == truth).sum())
    _, low, high = spread(_by_class(guess, truth, len(counts)), n)
    found = {
        "accuracy": score(accuracy_score(truth, guess), *wilson(hits, n), n),
        "balanced accuracy": score(recall(guess), low[0], high[0], n),
        "macro F1": score(f1(guess), low[1], high[1], n),
    }
    surprise = -np.log(answers[np.arange(n), truth].clip(EPS))
    _, low, high = spread(means(surprise[:, None]), n)
    found["log loss"] = score(log_loss(truth, answers, labels=range(len(counts))), low[0], high[0], n, "nats")
    if len(counts) == 2 and len(present) == 2:
        found["ROC AUC"] = _roc_auc(answers[:, 1], truth)
    found["calibration error"] = _calibration(answers.max(1), guess == truth)
    always = int(counts.argmax())
    constant = np.full(n, always)
    surprise = -np.log((counts / counts.sum()).clip(EPS))[truth]
    flat = {
        "accuracy": accuracy_score(truth, constant),
        "balanced accuracy": recall(constant),
        "macro F1": f1(constant),
        "log loss": surprise.mean(),
        "ROC AUC": 0.5,
    }
    name = classes[always] if always < len(classes) else str(always)
    return _beside(found, flat), f"always {name!r}, the commonest class in training"


def of_labels(answers: np.ndarray, truth: np.ndarray, counts: np.ndarray, n_train: int) -> tuple[Merits, str]:
    """Micro F1 over all labels ("label F1"), share of labels right, share of examples with every label right.

    answers: probabilities [N, K]; truth: 0 or 1 [N, K]; counts: training examples that have each label [K].
    Resampled by example, since the labels of one example belong together.
    """
    from sklearn.metrics import f1_score

    strict: dict[str, Any] = {"zero_division": 0}

    n = len(truth)
    f1 = lambda guess: f1_score(truth.ravel(), guess.ravel(), **strict)
    guess = (answers > 0.5).astype(np.int64)
    right = guess == truth
    columns = np.stack([(guess * truth).sum(1), guess.sum(1) + truth.sum(1), right.mean(1)], 1)

    def figures(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        both, either, share = np.moveaxis(weights @ columns[rows], -1, 0)
        return np.stack([2 * both / np.maximum(either, EPS), share], 1)

    _, low, high = spread(figures, n)
    hits = int(right.all(1).sum())
    found = {
        "label F1": score(f1(guess), low[0], high[0], n),
        "share of labels right": score(right.mean(), low[1], high[1], n),
        "all labels right": score(hits / n, *wilson(hits, n), n),
    }
    constant = np.broadcast_to((counts * 2 > n_train).astype(np.int64), truth.shape)
    flat = {
        "label F1": f1(constant),
        "share of labels right": (constant == truth).mean(),
        "all labels right": (constant == truth).all(1).mean(),
    }
    return _beside(found, flat), "each label as in most training examples"


def of_values(
    answers: np.ndarray,
    truth: np.ndarray,
    middle: np.ndarray,
    names: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
) -> tuple[Merits, str]:
    """RMSE, MAE and R² of each target, in the user's units; with several targets their mean R² comes first.

    answers, truth: [N, K]; middle: mean of each target over the training rows [K]. R² is left out where the true
    values are all the same.
    """
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    n, k = truth.shape
    constant = np.broadcast_to(middle, truth.shape)
    figures, everyone = _by_target(answers, truth), np.full((1, n), 1 / n)
    values, low, high = spread(figures, n)
    found: Merits = {}
    if k > 1:
        found["R² (mean)"] = score(values[-1], low[-1], high[-1], n)
        found["R² (mean)"]["baseline"] = float(_by_target(constant, truth)(everyone, np.arange(n))[0, -1])
    kinds = (("RMSE", root_mean_squared_error), ("MAE", mean_absolute_error), ("R²", _r2(r2_score)))
    for i in range(k):
        name = names[i] if i < len(names) else str(i)
        for j, (word, figure) in enumerate(kinds):
            key, unit = f"{word} {name}" if k > 1 else word, (units or {}).get(name, "") if word != "R²" else ""
            at = j * k + i
            found[key] = score(figure(truth[:, i], answers[:, i]), float(low[at]), float(high[at]), n, unit)
            found[key] |= {"baseline": float(figure(truth[:, i], constant[:, i])), "lower": word != "R²"}
    found = {name: merit for name, merit in found.items() if np.isfinite(merit["value"])}
    return found, "always the mean of the training rows"


def of_cells(
    answers: np.ndarray,
    truth: np.ndarray,
    rival: np.ndarray,
    names: Sequence[str] = (),
    units: Mapping[str, str] | None = None,
    area: np.ndarray | None = None,
) -> Merits:
    """RMSE, MAE and R² of each target of fields, over the cells where the truth is known.

    answers, truth, rival: [N, K, *cells], NaN in the truth where there is none; area [*cells]: what each cell counts,
    by which errors are weighted. Resampled by example, since the cells of one example belong together. R² is against
    the mean of the true values.
    """
    n, k = truth.shape[:2]
    counts = np.isfinite(truth) * (1.0 if area is None else np.broadcast_to(area, truth.shape[2:]))
    known = np.where(np.isfinite(truth), truth, 0.0)
    flat = lambda values: (values * counts).reshape(n, k, -1).sum(2)
    middle = flat(known).sum(0) / np.maximum(flat(np.ones_like(known)).sum(0), EPS)
    parts = [flat(np.ones_like(known)), flat(np.where(counts > 0, known - _along(middle, known), 0.0) ** 2)]
    for said in (answers, rival):
        away = np.where(counts > 0, said - known, 0.0)
        parts += [flat(away**2), flat(abs(away))]
    columns = np.concatenate(parts, 1)

    def figures(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        size, power, *errors = np.split(weights @ columns[rows], len(parts), axis=1)
        size, power = np.maximum(size, EPS), np.where(power > 0, power, np.nan)
        made = lambda square, far: [np.sqrt(square / size), far / size, 1 - square / power]
        return np.concatenate([*made(*errors[:2]), *made(*errors[2:])], 1)

    values, low, high = spread(figures, n)
    found: Merits = {}
    for i in range(k):
        name = names[i] if i < len(names) else str(i)
        for j, word in enumerate(("RMSE", "MAE", "R²")):
            key, unit = f"{word} {name}" if k > 1 else word, (units or {}).get(name, "") if word != "R²" else ""
            at = j * k + i
            found[key] = score(float(values[at]), float(low[at]), float(high[at]), n, unit)
            found[key] |= {"baseline": float(values[at + 3 * k]), "lower": word != "R²"}
    return {name: merit for name, merit in found.items() if np.isfinite(merit["value"])}


def _along(per_target: np.ndarray, like: np.ndarray) -> np.ndarray:
    """[K] against [N, K, *cells]."""
    return per_target.reshape(1, -1, *[1] * (like.ndim - 2))


def _r2(figure: Figure) -> Figure:
    """R² where it is defined: two different true values at least, else NaN."""
    return lambda truth, guess: figure(truth, guess) if len(truth) > 1 and np.ptp(truth) > 0 else np.nan


def _by_target(answers: np.ndarray, truth: np.ndarray) -> Figures:
    """RMSE [K], MAE [K], R² [K] and the mean R² of each resample."""
    centred = truth - truth.mean(0)  # R² does not depend on where zero is; this keeps its digits
    columns = np.concatenate([(answers - truth) ** 2, abs(answers - truth), centred**2, centred], 1)

    def figures(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        square, size, power, shift = np.split(weights @ columns[rows], 4, axis=1)
        variance = np.maximum(power - shift**2, 0)
        r2 = 1 - square / np.where(variance > EPS * power, variance, np.nan)
        return np.concatenate([np.sqrt(square), size, r2, r2.mean(1, keepdims=True)], 1)

    return figures


def _by_class(guess: np.ndarray, truth: np.ndarray, n_classes: int) -> Figures:
    """Balanced accuracy and macro F1 of each resample, over the classes that occur in it."""
    from scipy.sparse import csr_array

    rows, ones = np.arange(len(truth)), np.ones(len(truth))
    one_hot = lambda index, weight: csr_array((weight, (rows, index)), shape=(len(truth), n_classes))
    parts = [one_hot(truth, (guess == truth) * 1.0), one_hot(guess, ones), one_hot(truth, ones)]

    def figures(weights: np.ndarray, kept: np.ndarray) -> np.ndarray:
        hit, said, true = (weights @ part[kept] for part in parts)
        recall = (hit / np.maximum(true, EPS)).sum(1) / (true > 0).sum(1)
        f1 = (2 * hit / np.maximum(said + true, EPS)).sum(1) / (said + true > 0).sum(1)
        return np.stack([recall, f1], 1)

    return figures


def _roc_auc(chance_of_one: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """How often a one is given more than a zero, ties as half: the area under the ROC curve
    (Hanley and McNeil 1982)."""
    from sklearn.metrics import roc_auc_score

    def figures(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
        order = rows[np.argsort(chance_of_one[rows], kind="stable")]
        sorted_weights = weights[:, np.argsort(chance_of_one[rows], kind="stable")]
        ties = np.flatnonzero(np.diff(chance_of_one[order], prepend=-1.0))
        ones = np.add.reduceat(sorted_weights * (truth[order] == 1), ties, axis=1)
        zeros = np.add.reduceat(sorted_weights * (truth[order] == 0), ties, axis=1)
        won = (ones * (zeros.cumsum(1) - zeros / 2)).sum(1)
        pairs = ones.sum(1) * zeros.sum(1)
        return (won / np.where(pairs > 0, pairs, np.nan))[:, None]

    _, low, high = spread(figures, len(truth))
    return score(roc_auc_score(truth, chance_of_one), low[0], high[0], len(truth))


def _calibration(confidence: np.ndarray, right: np.ndarray) -> dict[str, Any]:
    """Expected calibration error: mean distance of confidence from accuracy over 15 equal bins of confidence.

    Noise alone makes it larger, in a resample once more than in the sample, so the interval is the bootstrap's
    turned around the value (the "basic" interval, Davison and Hinkley 1997, section 5.2), cut at 0.
    """
    n = len(right)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    columns = np.zeros((n, BINS))
    columns[np.arange(n), place] = confidence - right
    value, low, high = spread(lambda weights, rows: abs(weights @ columns[rows]).sum(1, keepdims=True), n)
    return score(value[0], max(0.0, 2 * value[0] - high[0]), max(0.0, 2 * value[0] - low[0]), n)


def _beside(found: Merits, flat: Mapping[str, float]) -> Merits:
    """The figures with the constant answer's beside them."""
    for name, value in flat.items():
        if name in found:
            found[name]["baseline"] = float(value)
    return found
