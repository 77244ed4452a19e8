"""Density: how likely each example is, where nothing is to be predicted; and new examples like those seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from wellfit.nouns import gaussian
from wellfit.nouns.data import Data, Raw
from wellfit.nouns.drawn_examples import drawn
from wellfit.nouns.errors import DataError
from wellfit.nouns.task import Ends, Question, Task

FEW = 5000  # training rows below which a flow learns rows by heart


def density() -> Task:
    """How likely each example is: rows of a table, arrays, pictures, without a target.

    Measures: bits per dimension and negative log-likelihood in nats. Rival: a Gaussian with full covariance. Loss:
    negative log-likelihood, or a bound of it.
    """
    return Task(
        form="density",
        loss=("likelihood", "the logarithm of the density that the network gives an example"),
        question=question,
        merits=gaussian.merits,
        score=log_likelihood,
        score_name="log-likelihood (nats)",
        network=network,
        defaults=defaults,
        steps=3000,
        errors=gaussian.errors,
        evidence=drawn,
        ends=Ends("a Gaussian", "certainty", reachable=False),
    )


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Zeros [N, 1]. Raises DataError for what is neither rows of numbers nor pictures."""
    if raw.kind not in ("table", "array", "pictures"):
        raise DataError(f"the density of {raw.name}", f"it holds {raw.kind}", "give a table, an array or pictures")
    return Question("density", "as asked: how likely each example is", np.zeros((len(y), 1)), names)


def network(kind: str, shape_in: tuple[int, ...]) -> tuple[str, str]:
    """A flow for rows of numbers, a variational autoencoder for pictures."""
    if kind == "pictures":
        return "vae", "pictures: a bound of the density by way of a few numbers for each"
    return "flow", "gives the density itself"


def defaults(data: Data, network: str) -> dict[str, tuple[Any, str]]:
    """What is usual for the network, with dropout where rows are few."""
    found: dict[str, tuple[Any, str]] = {"network.init": ("torch", "small: a flow begins near no change")}
    if network == "flow" and len(data.train) < FEW:
        found["network.dropout"] = (0.2, "few rows (red wine: 39 % of the gain lost on new rows without, 19 % with)")
    return found


def log_likelihood(outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean log-density in nats, of inputs as they are scaled."""
    return outputs.mean()
