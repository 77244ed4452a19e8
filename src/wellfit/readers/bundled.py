"""The small sets that come with scikit-learn, by name: digits, iris, wine, breast_cancer, diabetes."""

from __future__ import annotations

from typing import Any

import numpy as np

from wellfit.nouns.data import Raw, unit_in

NAMES = ("digits", "iris", "wine", "breast_cancer", "diabetes")


def can_read(source: Any) -> bool:
    """One of the names."""
    return isinstance(source, str) and source in NAMES


def bundled(source: str, *, target: Any = None, skip_bad: bool = False) -> Raw:
    """A set of scikit-learn's by name. digits: pictures [1797, 1, 8, 8] of values 0..16; the others arrays [N, F]
    with their features' names and units. Classes are named where the set names them."""
    from sklearn import datasets

    found: Any = getattr(datasets, f"load_{source}")(**({"scaled": False} if source == "diabetes" else {}))
    if source == "digits":
        pictures = found.images.astype(np.uint8)[:, None]
        return Raw("digits", "pictures", pictures, found.target, ("digit",))
    names = tuple(str(n) for n in found.feature_names)
    units = {n: unit_in(n) for n in names if unit_in(n)}
    if source == "diabetes":
        return Raw(source, "array", found.data, found.target, ("disease progression",), names=names, units=units)
    words = np.array([str(w) for w in found.target_names])[found.target]
    return Raw(source, "array", found.data, words, ("class",), names=names, units=units)
