"""normalise: which scaling suits the inputs, and the targets of a regression."""

from __future__ import annotations

import numpy as np

from wellfit.nouns.scaling import Scaling, own_range
from wellfit.nouns.units import many

FAR = 10.0  # standard deviations: beyond it a value is a far outlier
LARGE = 10.0  # feature of a node, or weight of an edge, above which graphs are scaled
TIED = 0.5  # share of rows with one value, above which a feature is a spike with a tail, whose tail matters
UNLIKE = 2.0  # times: pictures whose ranges of brightness differ more have another light, stain or camera
ENOUGH = 1 / 3  # share of features with far outliers from which ranks are taken


def choose(
    x: np.ndarray, plain: np.ndarray | None, kind: str, how: str, y: np.ndarray, asked: str, unlike: bool = False
) -> tuple[str, str]:
    """The scaling's word and why, from the encoded training inputs x [N, ...] and targets y [N, K].

    Tables and arrays are standardised; quantile is taken where a third of the features have far outliers and the
    target has none (ranks bend a straight relation between two heavy tails) and rows are not split by time (ranks
    cannot reach beyond the training rows). Measured with a two-layer network, three seeds each: quantile against
    standardise lowers the test RMSE on California housing from 0.503 to 0.491 and on white wine from 0.818 to
    0.810 (in target sd); where the rule keeps standardise, quantile would raise it, Beijing PM2.5 from 0.258 to
    0.269, diabetes from 0.749 to 0.763, and lower adult's accuracy from 0.858 to 0.855.

    unlike: pictures of bytes that may come of several lights, stains or cameras, whose brightness says nothing: each is
    scaled by its own range where these differ much.
    """
    if asked != "auto":
        return asked, "as asked"
    if kind == "graphs":
        if float(np.abs(x).max()) <= LARGE:
            return "none", "features and edges of graphs are small numbers"
        return "standardise", "features of nodes to mean 0 and standard deviation 1, over the nodes that are there"
    if unlike:
        low, high = np.quantile(np.subtract(*own_range(x)[::-1]), (0.1, 0.9))
        if high > UNLIKE * low:
            return "each", f"brightness ranges over {low:.3g} to {high:.3g} from picture to picture: each by its own"
    if kind == "pictures":
        return (
            "standardise",
            f"{many(x.shape[1], 'channel')} to mean 0 and standard deviation 1, over all training pictures",
        )
    flat = x.reshape(len(x), -1)
    flat = flat if plain is None else flat[:, ~plain]
    heavy = int((far_outliers(flat) & ~_tied(flat)).sum()) if flat.size else 0
    if heavy >= ENOUGH * max(1, flat.shape[1]) and how != "time" and not far_outliers(y).any():
        far = f"{heavy} of {many(flat.shape[1], 'feature')} have values over {FAR:g} standard deviations out"
        return "quantile", f"{far}: ranks tame them"
    return (
        "standardise",
        f"{many(flat.shape[1], 'feature')} to mean 0 and standard deviation 1" if flat.size else "nothing to scale",
    )


def far_outliers(x: np.ndarray) -> np.ndarray:
    """[F] whether a feature of x [N, F] has a value more than FAR standard deviations from its mean."""
    top = np.abs(x).max(axis=0)
    x = x / np.where(top > 0, top, 1.0)  # so that no square overflows
    std = x.std(axis=0)
    return np.abs(x - x.mean(axis=0)).max(axis=0) > FAR * np.where(std > 0, std, np.inf)


def _tied(x: np.ndarray) -> np.ndarray:
    middle = np.quantile(x, (TIED / 2, 1 - TIED / 2, 0.0, 0.5, 1.0), axis=0)
    return (middle[0] == middle[1]) | (middle[2] == middle[3]) | (middle[3] == middle[4])


def target_scaling(y: np.ndarray, form: str, asked: str) -> tuple[Scaling, str]:
    """Scaling of the training targets y [N, K], and why."""
    if form != "values":
        return Scaling(), "classes have no scale"
    if asked != "auto":
        return Scaling.fit(y, asked), "as asked"
    return Scaling.fit(y, "standardise"), "to mean 0 and standard deviation 1; predictions come back in their own units"
