"""For each rule two small trainings that differ in the fault alone: rule -> (faulty, repaired) choices of `train`."""

from __future__ import annotations

import numpy as np
from torch import nn


def shuffled(x, y, rng):
    """Labels shuffled apart from their inputs."""
    return x, rng.permutation(y)


def smudged(x, y, rng):
    """A fifth of the labels wrong, as human labels may be."""
    wrong = rng.random(len(y)) < 0.2
    y[wrong] = rng.permutation(y[wrong])
    return x, y


def holed(x, y, rng):
    """A third of the rows with a value missing."""
    x[::3, 0] = np.nan
    return x, y


def glitches(x, y, rng):
    """Two rows whose target is a thousand times too large."""
    y[rng.choice(len(y), 2, replace=False)] *= 1000
    return x, y


DIGITS = {"name": "digits", "epochs": 20}
DEEP = DIGITS | {"widths": (32,) * 6, "epochs": 12}
MOONS = {"name": "moons", "epochs": 40, "compare": True}
RARE = {"name": "rare", "widths": (8,), "epochs": 30, "lr": 1e-2}
WINE = {"name": "wine", "epochs": 40, "lr": 3e-3, "compare": True}
DIABETES = {"name": "diabetes", "widths": (32,), "epochs": 30, "lr": 3e-3, "compare": True}
SMUDGED = {"name": "digits", "spoil": smudged, "n_train": 400, "widths": (128, 128), "epochs": 60, "lr": 3e-3}
GLITCHES = {"name": "friedman", "spoil": glitches, "optimizer": "sgd", "lr": 0.01, "schedule": "constant", "epochs": 2}
GLITCHES |= {"batch": 8, "every": 1}
SLOW = DIGITS | {"optimizer": "sgd", "lr": 0.02}

PAIRS: dict[str, tuple[dict, dict]] = {
    "activation_unsuitable": (DEEP | {"activation": nn.Sigmoid, "init": "xavier"}, DEEP),
    "batch_size_too_large": (DIGITS | {"batch": 1400, "epochs": 30}, DIGITS),
    "capacity_too_small": (MOONS | {"widths": (), "lr": 1e-2}, MOONS | {"widths": (64, 64), "lr": 3e-3}),
    "class_imbalance": (RARE, RARE | {"weighted": True}),
    "data_nonfinite": (
        {"name": "friedman", "spoil": holed, "epochs": 3},
        {"name": "friedman", "epochs": 10, "lr": 3e-3},
    ),
    "epochs_too_few": (DIGITS | {"epochs": 4}, DIGITS),
    "epochs_too_many": (SMUDGED, SMUDGED | {"patience": 5}),
    "gradient_clipping_missing": (GLITCHES, GLITCHES | {"clip": 1.0}),
    "init_unsuitable": (DIGITS | {"init": "0", "epochs": 5}, DIGITS),
    "inputs_unscaled": (WINE | {"raw": "x"}, WINE),
    "labels_misaligned": (DIGITS | {"spoil": shuffled}, DIGITS),
    "lr_schedule_unsuitable": (SLOW | {"schedule": "exponential"}, SLOW | {"schedule": "cosine"}),
    "lr_too_high": (DIGITS | {"lr": 1.0, "epochs": 8}, DIGITS),
    "lr_too_low": (DIGITS | {"lr": 1e-6, "epochs": 8}, DIGITS),
    "regularization_missing": (SMUDGED, SMUDGED | {"dropout": 0.5}),
    "regularization_too_strong": (DIGITS | {"dropout": 0.9, "widths": (32, 32)}, DIGITS),
    "targets_unscaled": (DIABETES | {"raw": "y"}, DIABETES),
}
