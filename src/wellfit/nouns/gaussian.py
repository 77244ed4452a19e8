"""Gaussian: what a normal distribution with full covariance makes of data, the rival of whatever learns a density."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit
from torch import Tensor

from wellfit.nouns.data import Data
from wellfit.nouns.grain import grain_of, logarithm
from wellfit.nouns.merits import Merits
from wellfit.nouns.scores import means, score, spread
from wellfit.nouns.task import Judged

RIVAL = "a Gaussian with full covariance"
TINY = 1e-6  # of a variance in scaled units: what keeps columns that hang on one another from a density without bound
CELL = 1 / 12  # variance of a number drawn from a step of 1


class Gaussian:
    """Mean and covariance of the training rows x [N, ...], shrunk as Ledoit & Wolf (2004) say, for few rows of many
    numbers. The covariance is that of numbers drawn from their steps (nouns/grain.py), [F] or one for all."""

    def __init__(self, x: Tensor, grain: np.ndarray):
        from sklearn.covariance import ledoit_wolf

        rows = x.reshape(len(x), -1).double().numpy()
        self.mean, self.added = rows.mean(0), np.broadcast_to(grain**2 * CELL, rows.shape[1:])
        covariance = ledoit_wolf(rows)[0] if rows.shape[1] > 1 else np.atleast_2d(rows.var())
        self.factor = cho_factor(covariance + np.diag(self.added + TINY), lower=True)

    def log_prob(self, x: Tensor) -> np.ndarray:
        """Expected log-density in nats [N] of rows [N, ...], over what is drawn from the steps."""
        away = x.reshape(len(x), -1).double().numpy() - self.mean
        inverse = cho_solve(self.factor, np.eye(len(self.mean)))
        square = np.einsum("nf,fg,ng->n", away, inverse, away, optimize=True) + self.added @ np.diag(inverse)
        volume = 2 * np.log(np.diag(self.factor[0])).sum() + len(self.mean) * np.log(2 * np.pi)
        return -0.5 * (square + volume)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """n rows [n, F]."""
        normal = np.random.default_rng(seed).normal(size=(n, len(self.mean)))
        return self.mean + normal @ np.tril(self.factor[0]).T


def of(data: Data) -> Gaussian:
    """The Gaussian of the training rows."""
    return Gaussian(data.train.x, per_number(data))


def per_number(data: Data) -> np.ndarray:
    """The step of each number of an example, flat [F], in scaled units."""
    grain = np.array(grain_of(data))
    return np.repeat(grain, int(np.prod(data.shape_in)) // len(grain))


def merits(judged: Judged) -> tuple[Merits, str]:
    """Negative log-likelihood of answers [N, 1] in nats an example and in bits a number, beside the Gaussian's.

    Where all numbers were written down in steps it is that of the values themselves; else of inputs in units of what
    they were scaled by."""
    data, rival = judged.data, rivals(judged)
    shift, size = logarithm(grain_of(data), data.shape_in), int(np.prod(data.shape_in))
    columns = -np.stack([judged.answers[:, 0], rival], 1) - shift
    values, low, high = spread(means(columns), len(columns))
    found: Merits = {}
    for name, unit, of_nats in (("bits per dimension", "bits", 1 / (size * np.log(2))), ("NLL", "nats", 1.0)):
        found[name] = score(values[0] * of_nats, low[0] * of_nats, high[0] * of_nats, len(columns), unit)
        found[name] |= {"baseline": float(values[1] * of_nats), "lower": True}
    return found, RIVAL


def rivals(judged: Judged) -> np.ndarray:
    """The Gaussian's log-densities [N] of the judged rows."""
    x = getattr(judged.data, judged.part).x
    return of(judged.data).log_prob(x if judged.index is None else x[judged.index])


def errors(judged: Judged) -> np.ndarray:
    """[N, 2]: 2 r / (p + r) for the geometric mean p of an example's density by number, and r that of the Gaussian: 1 for
    as good as it, 0 for certainty, bounded, so that no single example rules; and ones."""
    ahead = (judged.answers[:, 0] - rivals(judged)) / int(np.prod(judged.data.shape_in))
    return np.stack([2 * expit(-ahead), np.ones(len(ahead))], 1)
