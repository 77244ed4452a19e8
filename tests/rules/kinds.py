"""Kinds of small training whose verdict is known from how they are made: verdict -> name -> choices of `train`.

Some are so small that "too noisy" is as right an answer as the one they are listed under (SMALL).
"""

from __future__ import annotations

from pairs import shuffled, smudged
from torch import nn

DIGITS, FRIEDMAN = {"name": "digits"}, {"name": "friedman"}
SGD = {"optimizer": "sgd", "momentum": 0.9}

KINDS: dict[str, dict[str, dict]] = {
    "well-fitted": {
        "digits": DIGITS,
        "digits, constant rate": DIGITS | {"schedule": "constant"},
        "digits, 100 epochs": DIGITS | {"epochs": 100, "batch": 64},
        "digits, early stopping": DIGITS | {"epochs": 100, "patience": 10},
        "digits, momentum": DIGITS | SGD | {"lr": 0.05, "epochs": 20},
        "digits, rate 1e-2": DIGITS | {"lr": 1e-2, "epochs": 20},
        "digits, batches of 8": DIGITS | {"batch": 8, "epochs": 12},
        "digits, dropout 0.5": DIGITS | {"dropout": 0.5, "widths": (256, 256), "epochs": 20},
        "digits, tanh": DIGITS | {"activation": nn.Tanh, "init": "xavier", "epochs": 25},
        "digits, sigmoid": DIGITS | {"activation": nn.Sigmoid, "init": "xavier", "epochs": 50, "lr": 5e-3},
        "digits, five layers": DIGITS | {"widths": (64,) * 5, "epochs": 25},
        "digits, weight decay": DIGITS | {"l2": 0.1, "epochs": 25},
        "breast cancer": {"name": "breast_cancer"},
        "wine": {"name": "wine", "epochs": 60, "lr": 3e-3},
        "iris": {"name": "iris", "epochs": 80, "lr": 3e-3},
        "moons": {"name": "moons", "epochs": 60, "lr": 3e-3},
        "blobs": {"name": "blobs", "epochs": 20, "lr": 3e-3},
        "friedman": FRIEDMAN | {"epochs": 60, "lr": 3e-3},
        "friedman, momentum": FRIEDMAN | SGD | {"lr": 0.01, "epochs": 60},
        "diabetes": {"name": "diabetes", "widths": (16,), "epochs": 60, "lr": 3e-3},
    },
    "underfitted": {
        "digits, 2 units": DIGITS | {"widths": (2,), "epochs": 60, "lr": 1e-2},
        "digits, dropout 0.9": DIGITS | {"dropout": 0.9, "widths": (32, 32), "epochs": 40},
        "moons, linear": {"name": "moons", "widths": (), "epochs": 60, "lr": 1e-2},
        "moons, 1 unit": {"name": "moons", "widths": (1,), "epochs": 80, "lr": 1e-2},
        "friedman, linear": FRIEDMAN | {"widths": (), "epochs": 60, "lr": 1e-2},
    },
    "overfitted": {
        "digits, 60 rows": DIGITS | {"n_train": 60, "epochs": 100},
        "digits, 400 rows, a fifth mislabelled": DIGITS
        | {"n_train": 400, "spoil": smudged, "widths": (128, 128), "epochs": 40},
        "friedman, 60 rows": FRIEDMAN | {"n_train": 60, "widths": (128, 128), "epochs": 150},
        "diabetes, 100 rows, wide": {"name": "diabetes", "n_train": 100, "widths": (256, 256), "epochs": 60},
    },
    "not-learning": {
        "digits, labels shuffled": DIGITS | {"spoil": shuffled},
        "digits, 200 rows, labels shuffled": DIGITS | {"spoil": shuffled, "n_train": 200, "widths": (256, 256)},
        "friedman, targets shuffled": FRIEDMAN | {"spoil": shuffled},
        "digits, rate 1e-9": DIGITS | {"lr": 1e-9},
        "digits, zero weights": DIGITS | {"init": "0"},
    },
    "unstable": {
        "digits, Adam at rate 1": DIGITS | {"lr": 1.0, "schedule": "constant"},
        "digits, Adam at rate 0.1": DIGITS | {"lr": 0.1, "schedule": "constant"},
        "digits, SGD at rate 5": DIGITS | {"optimizer": "sgd", "lr": 5.0, "schedule": "constant"},
        "digits, momentum at rate 1": DIGITS | SGD | {"lr": 1.0, "schedule": "constant"},
        "friedman, SGD at rate 1": FRIEDMAN | {"optimizer": "sgd", "lr": 1.0, "schedule": "constant"},
    },
    "still-improving": {
        "digits, 4 epochs": DIGITS | {"epochs": 4},
        "digits, 6 epochs at rate 3e-4": DIGITS | {"epochs": 6, "lr": 3e-4},
        "digits, SGD at rate 3e-3": DIGITS | {"optimizer": "sgd", "lr": 3e-3, "schedule": "constant", "epochs": 20},
        "friedman, rate 1e-4": FRIEDMAN | {"lr": 1e-4, "schedule": "constant", "epochs": 40},
    },
    "too-noisy": {
        "iris, 10 validation rows": {"name": "iris", "n_valid": 10, "epochs": 80, "lr": 3e-3},
        "diabetes, 20 validation rows": {"name": "diabetes", "n_valid": 20, "widths": (16,), "epochs": 60, "lr": 3e-3},
        "breast cancer, 10 validation rows": {"name": "breast_cancer", "n_valid": 10},
    },
}
SMALL = ("iris", "wine", "diabetes", "breast cancer")
