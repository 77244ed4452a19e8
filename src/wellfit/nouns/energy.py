"""Energy distance: how far what a network draws is from real examples, without a classifier and without a likelihood.

E = 2 E|X - Y| - E|X - X'| - E|Y - Y'| over pairs of what is drawn (X) and real (Y), 0 where both have one distribution
and above it else (Székely & Rizzo 2013). And the squared maximum mean discrepancy with a Gaussian kernel (Gretton et al.
2012), which sees smaller details; both without bias, so that they may come out a little below 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.spatial.distance import cdist

from wellfit.nouns import gaussian
from wellfit.nouns.data import Data
from wellfit.nouns.drawn_examples import draw
from wellfit.nouns.grain import grain_of, values_of
from wellfit.nouns.merits import Merits
from wellfit.nouns.scores import means, score, spread
from wellfit.nouns.task import Judged

DRAWN, ROWS = 1000, 1000  # drawn, and real ones that they are compared with
RIVAL = "a Gaussian in pixel space"


def merits(judged: Judged) -> tuple[Merits, str]:
    """Energy distance and MMD² of what the network draws from the judged rows, in units of what inputs were scaled by,
    beside those of a Gaussian with the mean and covariance of the training rows, rounded and cut off as pictures are; and
    of other training rows, what the network might reach. Of networks that give a likelihood, bits per dimension too."""
    real, width = _flat(_real(judged)), _width(judged.data)
    by_example = [_parts(made, real, width) for made in _made(judged)]
    columns = np.concatenate(by_example, 1)  # (energy, MMD²) of network, Gaussian, training rows
    values, low, high = spread(means(columns), len(columns))
    found: Merits = {}
    for j, name in enumerate(("energy distance", "MMD²")):
        found[name] = score(values[j], low[j], high[j], len(columns)) | {
            "baseline": float(values[2 + j]),
            "lower": True,
        }
    for j, name in enumerate(("energy distance", "MMD²"), 4):
        found[f"{name} of training rows"] = score(values[j], low[j], high[j], len(columns)) | {"lower": True}
    if hasattr(judged.network, "log_prob"):
        likely, _ = gaussian.merits(judged)
        found["bits per dimension"] = likely["bits per dimension"]
    return found, RIVAL


def errors(judged: Judged) -> np.ndarray:
    """[N, 2]: what each row adds to MMD² of the network and of the Gaussian, which varies less than the distance does."""
    real, width = _flat(_real(judged)), _width(judged.data)
    network, rival, _ = _made(judged)
    return np.stack([_parts(made, real, width)[:, 1] for made in (network, rival)], 1)


def _real(judged: Judged) -> torch.Tensor:
    x = getattr(judged.data, judged.part).x
    return x if judged.index is None else x[judged.index]


def _flat(x: Any) -> np.ndarray:
    return np.asarray(x, np.float64).reshape(len(x), -1)


def _made(judged: Judged) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the network draws, what the Gaussian draws, and training rows, all scaled, as pictures are: [DRAWN, F]."""
    data, shape = judged.data, judged.data.shape_in
    grain, pick = grain_of(data), np.random.default_rng(1).permutation(len(data.train))[:DRAWN]
    low, high = (float(v) for v in torch.aminmax(data.train.x))
    network = draw(judged.network, DRAWN) if judged.network is not None else data.train.x[pick]
    rival = torch.from_numpy(gaussian.of(data).sample(DRAWN)).reshape(-1, *shape)
    on_steps = [
        data.preparation.scaling(values_of(x, data.preparation, grain)).clamp(low, high) for x in (network, rival)
    ]
    return _flat(on_steps[0]), _flat(on_steps[1]), _flat(data.train.x[pick])


def _width(data: Data) -> float:
    """Of the kernel: half the median distance of two training rows (Gretton et al. 2012, section 8, take the whole)."""
    x = _flat(data.train.x[: ROWS // 2])
    away = cdist(x, x)[np.triu_indices(len(x), 1)]
    return float(np.median(away)) / 2 or 1.0


def _parts(made: np.ndarray, real: np.ndarray, width: float) -> np.ndarray:
    """[N, 2]: what each real row adds to the energy distance and to MMD², whose means over rows they are. Rows are
    compared with ROWS others at most; a row itself does not count."""
    n, pick = len(real), np.arange(len(real))
    if n > ROWS:
        pick = np.sort(np.random.default_rng(0).permutation(n)[:ROWS])
    apart, among, within = cdist(real, made), cdist(made, made), cdist(real, real[pick])
    others = len(pick) - np.isin(np.arange(n), pick)
    found = []
    for of in (lambda d: -d, lambda d: np.exp(-0.5 * np.square(d / width))):
        itself = float(of(np.zeros(1))[0])  # of a row and itself
        drawn = (of(among).sum() - len(made) * itself) / (len(made) * (len(made) - 1))
        own = (of(within).sum(1) - np.isin(np.arange(n), pick) * itself) / np.maximum(others, 1)
        cross = of(apart).mean(1)
        middle = own.mean()
        found.append(drawn + (2 * own - middle) - 2 * cross)
    return np.stack(found, 1)
