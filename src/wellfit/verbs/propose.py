"""Propose: fill every choice that the recipe leaves at "auto" from the data, each with its reason."""

from __future__ import annotations

from typing import Any

from wellfit.nouns.data import Data
from wellfit.nouns.recipe import Recipe


def propose(given: Recipe, data: Data) -> tuple[Recipe, dict[str, str]]:
    """(complete recipe, {dotted key: reason}); what a person set stays, with "as you set it" for its reason.

    training.lr is a provisional figure: the range test of `verbs/rate` proposes the final one.
    """
    n, pictures = len(data.train), data.raw.kind == "pictures"
    proposed: dict[str, tuple[Any, str]] = {
        "network.name": ("conv", "pictures") if pictures else ("dense", "no neighbourhood between inputs"),
        "network.widths": ((32, 64, 128), "small") if pictures else ((256, 256), "small"),
        "network.activation": ("relu", "trains fast and does not saturate"),
        "network.init": ("he", "keeps the scale through ReLU layers"),
        "network.dropout": (0.1, "a little noise against overfitting"),
        "network.norm": ("batch", "keeps activations in scale") if pictures else ("none", "shallow"),
        "training.loss": (
            {"classification": "cross_entropy", "multilabel": "binary_cross_entropy", "regression": "mse"}[data.task],
            data.task,
        ),
        "training.optimizer": ("adamw", "forgiving of the rate"),
        "training.lr": (1e-3, "provisional"),
        "training.l2": (1e-2, "decoupled weight decay"),
        "training.schedule": ("cosine", "ends low without a choice of milestones"),
        "training.batch_size": (min(128, max(16, n // 20)), "about 20 steps an epoch at least, 128 at most"),
        "training.epochs": (50, "with early stopping"),
        "training.patience": (0, "the cosine schedule is run to its end"),
        "training.device": ("cpu", ""),
    }
    resolved = {f"data.{k}": v for k, v in data.choices.items()}
    open_keys = {k: v for k, (v, _) in proposed.items() if given.flat()[k] == "auto"}
    recipe = Recipe.of({**given.flat(), **resolved, **open_keys})
    reasons = {k: r for k, (_, r) in proposed.items() if k in open_keys} | dict(data.reasons)
    reasons |= {k: "as you set it" for k in given.given() if k not in open_keys and k not in data.reasons}
    return recipe, reasons
