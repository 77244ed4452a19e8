"""Telling examples: which rows are likely labelled wrong, and which stand, almost the same, in two splits.

N rows, C classes.
"""

from __future__ import annotations

import numpy as np

NEAR_FRAC = 0.2
"""Of the usual distance of a training row to its nearest: closer rows are near-duplicates. Digits split at random: none
of 597 by mistake, all of 50 copies with noise of 2 % of the range found (tests/verbs/test_explain_examples.py)."""
MOST_ROWS, MOST_AXES, FOLDS, NEIGHBOURS, VARIANCE = 5000, 100, 5, 10, 0.9
RARE = 2 * FOLDS  # rows of a class below which nothing is said about its labels


def label_errors(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(rows [K] likely labelled wrong, the surest first; the class [K] each seems to be) by confident learning.

    probabilities [N, C] out of sample, labels [N]. A class's threshold is the mean probability that rows labelled so
    give it; a row counts as of another class where that class's probability reaches its threshold, and more surely than
    any other's. Ranked by the margin between the two probabilities. Judged by `out_of_sample`, 2 seeds: of 1,797 digits
    as they are 1 and 2 are marked, of 569 rows of breast_cancer 4 and 4; with 5 % of the labels drawn anew, 79 and 80 % of
    those are found, and 98 and 85 % of what is marked is one of them.
    Source: Northcutt et al. 2021, arXiv:1911.00068, sections 3.1 and 3.2.
    """
    c = probabilities.shape[1]
    threshold = np.array([probabilities[labels == k, k].mean() if (labels == k).any() else np.inf for k in range(c)])
    reaches = np.where(probabilities >= threshold, probabilities, -np.inf)
    seems = reaches.argmax(1)
    off = np.isfinite(reaches.max(1)) & (seems != labels) & (probabilities.argmax(1) == seems)
    rows = np.flatnonzero(off)
    margin = probabilities[rows, seems[rows]] - probabilities[rows, labels[rows]]
    order = np.argsort(-margin, kind="stable")
    return rows[order], seems[rows[order]]


def out_of_sample(x: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0) -> np.ndarray | None:
    """Probabilities [N, C] of training rows x [N, ...] from their nearest neighbours in the other folds (the network has
    seen their labels; a logistic regression in their place marked more rows that are right); None where a class has too
    few rows."""
    from sklearn.decomposition import PCA
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline

    if np.bincount(labels, minlength=classes).min() < RARE:
        return None
    judge = make_pipeline(PCA(VARIANCE, random_state=seed), KNeighborsClassifier(NEIGHBOURS))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    return np.asarray(cross_val_predict(judge, x.reshape(len(x), -1), labels, cv=folds, method="predict_proba"))


def near_duplicates(train: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(places in others [K], places in train [K], distance [K] beside the usual one), the nearest first: prepared rows
    that are nearer to a training row than NEAR_FRAC of the median distance of training rows to their nearest."""
    from sklearn.neighbors import NearestNeighbors

    a, b = train.reshape(len(train), -1), others.reshape(len(others), -1)
    if a.shape[1] > 2 * MOST_AXES:
        from sklearn.decomposition import PCA

        seen = PCA(min(MOST_AXES, len(a)), random_state=0).fit(a)
        a, b = seen.transform(a), seen.transform(b)
    index = NearestNeighbors(n_neighbors=2).fit(a)
    apart = index.kneighbors(a[:MOST_ROWS])[0][:, 1]
    usual = float(np.median(apart[apart > 0])) if (apart > 0).any() else 0.0
    far, at = index.kneighbors(b, n_neighbors=1)
    ratio = far[:, 0] / usual if usual else np.where(far[:, 0] > 0, np.inf, 0.0)
    close = np.flatnonzero(ratio < NEAR_FRAC)
    close = close[np.argsort(ratio[close], kind="stable")]
    return close, at[close, 0], ratio[close]
