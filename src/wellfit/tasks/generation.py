"""Generation: new pictures like those seen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from torch import Tensor

from wellfit.nouns import energy
from wellfit.nouns.data import Data, Raw
from wellfit.nouns.drawn_examples import drawn
from wellfit.nouns.errors import DataError
from wellfit.nouns.task import Ends, Question, Task

STEPS, MOST = 4000, 300  # optimizer steps, and passes at most


def generation() -> Task:
    """New pictures like those seen.

    Measures: energy distance and squared maximum mean discrepancy between drawn pictures and those of the test, beside
    training rows' own; bits per dimension where the network bounds a density. Rival: a Gaussian in pixel space. Loss:
    negative log-likelihood or its bound, or that of a game of two networks.
    """
    return Task(
        form="density",
        loss=("likelihood", "a bound of the log-density, or what both players gain"),
        question=question,
        merits=energy.merits,
        score=gain,
        score_name="bound of the log-likelihood, or minus the energy score",
        network=lambda kind, shape: (
            "vae",
            "learns steadily; gan draws sharper ones, at more cost (digits: energy distance 0.058, 0.086)",
        ),
        defaults=defaults,
        errors=energy.errors,
        evidence=drawn,
        ends=Ends("a Gaussian in pixel space", "the real pictures"),
    )


def question(y: np.ndarray, names: tuple[str, ...], why: str, raw: Raw) -> Question:
    """Zeros [N, 1]. Raises DataError for what is no pictures."""
    if raw.kind != "pictures":
        do = "give pictures, or arrays [N, C, H, W]; for rows: --task density"
        raise DataError(f"pictures like those of {raw.name}", f"it holds a {raw.kind}", do)
    return Question("generation", "as asked: new pictures like these", np.zeros((len(y), 1)), names)


def defaults(data: Data, network: str) -> dict[str, tuple[Any, str]]:
    """A start of its own, and passes enough; of a game, the usual rate and momentum (Radford et al. 2016)."""
    found: dict[str, tuple[Any, str]] = {"network.init": ("torch", "as torch draws them")}
    batch = min(64, max(2, len(data.train)))
    passes = max(5, min(MOST, round(STEPS / math.ceil(len(data.train) / batch))))
    found["training.batch_size"] = (batch, "usual for drawing pictures")
    found["training.epochs"] = (passes, f"a budget of {STEPS:,} steps")
    if network == "gan":
        usual = "usual for two players (Radford et al. 2016)"
        found |= {
            "training.optimizer": ("adam", usual),
            "training.lr": (5e-4, "2e-4, as usual, is slow (digits: energy score 6.5 after 900 steps, 5.6)"),
            "training.l2": (0.0, usual),
        }
        found["network.dropout"] = (0.3, "keeps the discriminator from learning pictures by heart")
        found |= {"training.momentum": (0.5, usual), "training.schedule": ("constant", usual)}
    return found


def gain(outputs: Tensor, targets: Tensor) -> Tensor:
    """What the network says of itself: the mean output."""
    return outputs.mean()
