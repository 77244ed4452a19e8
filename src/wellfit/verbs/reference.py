"""reference: what a method without tuning makes of the same rows, so that "could be better" is more than a guess."""

from __future__ import annotations

from typing import Any

import numpy as np

from wellfit.nouns.case import Case
from wellfit.nouns.task import task_of

TREES, MOST_ROWS, WORK = 60, 3000, 30_000  # WORK: rows times sqrt(features); about 1 s on one core at most


def reference(case: Case) -> dict[str, Any]:
    """A random forest (Breiman 2001) on the prepared training rows, asked about the validation rows.

    Returns {"name": in words, "valid_reference": its answers in the form of `judge(case, "valid")["outputs"]`}; {} for
    arrays, which it cannot answer, and for tasks with errors of their own. At most 3,000 training rows, fewer where
    there are thousands of inputs. The test rows are not touched.
    """
    data, form = case.data, task_of(case.data.task).form
    if data.shape_out[1:] or task_of(data.task).errors is not None:
        return {}
    n = min(len(data.train), MOST_ROWS, max(200, int(WORK / np.prod(data.shape_in) ** 0.5)))
    rows = np.sort(np.random.default_rng(0).permutation(len(data.train))[:n])
    flat = lambda x: x.cpu().reshape(len(x), -1).numpy()
    weighted = case.recipe.training.class_weights != "none"
    answers = forest(flat(data.train.x[rows]), data.train.y[rows].cpu().numpy(), flat(data.valid.x), form, weighted)
    if form == "classes":
        answers = widened(answers, data.train.y[rows].cpu().numpy(), data.shape_out[0])
    elif form == "values":
        import torch

        answers = np.asarray(data.preparation.back(torch.as_tensor(answers, dtype=torch.float32)), float)
    return {"name": f"a random forest of {TREES} trees on {n:,} training rows", "valid_reference": answers}


def forest(x: np.ndarray, y: np.ndarray, x_valid: np.ndarray, form: str, weighted: bool = False) -> np.ndarray:
    """Probabilities [N, classes that occur] or [N, K], or values [N, K], of a random forest; seeded."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    if form == "values":
        grown = RandomForestRegressor(TREES, min_samples_leaf=2, max_features=1 / 3, random_state=0)
        return (
            grown.fit(x, y.reshape(len(y), -1).squeeze(-1) if y[0].size == 1 else y)
            .predict(x_valid)
            .reshape(len(x_valid), -1)
        )
    grown = RandomForestClassifier(
        TREES, min_samples_leaf=2, random_state=0, class_weight="balanced" if weighted else None
    )
    grown.fit(x, y.astype(np.int64))
    found = grown.predict_proba(x_valid)
    if form == "classes":
        return np.asarray(found)
    each = found if isinstance(found, list) else [found]
    kinds = grown.classes_ if isinstance(grown.classes_, list) else [grown.classes_]
    return np.stack([p[:, list(k).index(1)] if 1 in k else np.zeros(len(p)) for p, k in zip(each, kinds)], 1)


def widened(answers: np.ndarray, y: np.ndarray, n_classes: int) -> np.ndarray:
    """Probabilities of all classes, 0 for those that the forest never saw."""
    wide = np.zeros((len(answers), n_classes))
    wide[:, np.unique(y)] = answers
    return wide
