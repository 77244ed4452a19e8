"""Advice: the remedies that a deep-learning lecture lists for each verdict, those first that the evidence supports.

A remedy is a phrase and, where a recipe can say it, the edit. One that is already in place is not advised again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wellfit.nouns.skill import Skill
from wellfit.nouns.trend import steps_taken

Remedy = tuple[str, dict[str, Any]]

MUCH_DROPOUT, SOME_L2 = 0.3, 1e-3
SMALL_UPDATE = 1e-4
"""Updates under 1e-4 of the weights are small (CS231n, Neural Networks 3: "somewhere around 1e-3")."""


def advice(word: str, have: Mapping[str, Any], skill: Skill | None) -> list[Remedy]:
    """Remedies for a verdict, the best supported first."""
    recipe = {k: v for k, v in (have.get("recipe") or {}).items() if v not in (None, "auto")}
    by_word = {
        "underfitted": _underfitted,
        "overfitted": _overfitted,
        "not-learning": _not_learning,
        "unstable": _unstable,
        "still-improving": _still_improving,
        "too-noisy": _too_noisy,
    }
    return list(by_word[word](have, recipe, skill)) if word in by_word else []


def _underfitted(have: Mapping[str, Any], recipe: Mapping[str, Any], skill: Skill | None) -> Iterator[Remedy]:
    dropout, widths = recipe.get("network.dropout", 0.0), recipe.get("network.widths")
    l2 = recipe.get("training.l2", 0.0)
    if dropout >= MUCH_DROPOUT:
        yield f"less dropout (it is {dropout:g})", {"network.dropout": round(dropout / 3, 2)}
    if l2 > (0.1 if recipe.get("training.optimizer") == "adamw" else SOME_L2):
        yield f"a smaller L2 penalty (it is {l2:g})", {"training.l2": l2 / 10}
    larger = tuple(max(16, 2 * w) for w in widths) if widths else (64, 64)
    yield "a larger network", {} if widths is None else {"network.widths": larger}
    update = steps_taken(have.get("update_ratio"))
    if update is not None and update < SMALL_UPDATE and "training.lr" in recipe:
        yield f"a higher rate (updates are {update:.0e} of the weights)", {"training.lr": 3 * recipe["training.lr"]}
    if "training.epochs" in recipe:
        yield "more epochs", {"training.epochs": 2 * recipe["training.epochs"]}
    yield "better features", {}


def _overfitted(have: Mapping[str, Any], recipe: Mapping[str, Any], skill: Skill | None) -> Iterator[Remedy]:
    yield "more training data", {}
    if have.get("kind") == "pictures":
        yield "augmentation (shifts, flips, crops that leave the label true)", {}
    dropout, l2, widths = (
        recipe.get("network.dropout", 0.0),
        recipe.get("training.l2", 0.0),
        recipe.get("network.widths", ()),
    )
    if dropout < MUCH_DROPOUT and widths:
        yield (
            "dropout" if not dropout else f"more dropout (it is {dropout:g})",
            {"network.dropout": min(0.5, dropout + 0.25)},
        )
    if l2 < (0.1 if recipe.get("training.optimizer") == "adamw" else SOME_L2):
        strong = 0.1 if recipe.get("training.optimizer") == "adamw" else SOME_L2
        yield "a stronger L2 penalty", {"training.l2": max(strong, 10 * l2)}
    if not recipe.get("training.patience", 0):
        yield "early stopping", {"training.patience": max(5, int(recipe.get("training.epochs", 50)) // 10)}
    if have.get("parameters", 0) > have.get("n_train", 0) and widths:
        yield (
            f"a smaller network ({have['parameters']:,} parameters for {have['n_train']:,} rows)",
            {"network.widths": tuple(max(4, w // 2) for w in widths)},
        )


def _not_learning(have: Mapping[str, Any], recipe: Mapping[str, Any], skill: Skill | None) -> Iterator[Remedy]:
    lr, update = recipe.get("training.lr"), steps_taken(have.get("update_ratio"))
    learnable = skill is not None and skill.short is not None and skill.valid.value + skill.short.low > 0.05
    if learnable:  # somebody else learns from these rows, so it is the training
        if update is not None and update < SMALL_UPDATE and lr:
            yield f"a higher rate (updates are {update:.0e} of the weights)", {"training.lr": 10 * lr}
        elif lr:
            yield "another rate (a tenth, or ten times)", {"training.lr": lr / 10}
        yield "initial weights (he or xavier)", {"network.init": "he"}
        yield "the scale of inputs and targets", {"data.normalise": "standardise"}
        yield "see whether the loss fits the task", {}
        return
    if skill is not None and recipe.get("training.loss") == "likelihood":  # nothing was asked
        yield "more epochs", {"training.epochs": 2 * recipe.get("training.epochs", 50)}
        yield "a larger network", {}
        if lr:
            yield "another rate (a tenth, or ten times)", {"training.lr": lr / 10}
        return
    yield "see whether the labels belong to their inputs", {}
    yield "inputs that say more about the target", {}
    yield "see the scale of inputs and targets, and whether the loss fits the task", {}
    if lr and skill is not None and skill.short is None:
        yield "another rate (a tenth, or ten times)", {"training.lr": lr / 10}


def _unstable(have: Mapping[str, Any], recipe: Mapping[str, Any], skill: Skill | None) -> Iterator[Remedy]:
    if lr := recipe.get("training.lr"):
        yield f"a lower rate (it is {lr:g})", {"training.lr": lr / 10}
    if not recipe.get("training.clip", 0):
        yield "gradient clipping", {"training.clip": 1.0}
    if recipe.get("training.warmup_frac", 0) < 0.05:
        yield "warm-up", {"training.warmup_frac": 0.05}
    if recipe.get("network.norm", "none") == "none":
        yield "normalisation layers", {"network.norm": "batch" if have.get("kind") == "pictures" else "layer"}
    yield (
        "a larger batch",
        {"training.batch_size": 2 * recipe["training.batch_size"]} if "training.batch_size" in recipe else {},
    )


def _still_improving(have: Mapping[str, Any], recipe: Mapping[str, Any], skill: Skill | None) -> Iterator[Remedy]:
    epochs = recipe.get("training.epochs", have.get("epochs"))
    yield "more epochs", {"training.epochs": 2 * int(epochs)} if epochs else {}
    update = steps_taken(have.get("update_ratio"))
    if update is not None and update < SMALL_UPDATE and "training.lr" in recipe:
        yield f"a higher rate (updates are {update:.0e} of the weights)", {"training.lr": 3 * recipe["training.lr"]}


def _too_noisy(have: Mapping[str, Any], recipe: Mapping[str, Any], skill: Skill | None) -> Iterator[Remedy]:
    yield "more validation rows", {"data.valid_frac": 0.3}
    yield "the same with other seeds of the split", {"data.seed": int(recipe.get("data.seed", 0)) + 1}
    if recipe.get("training.schedule") == "constant":
        yield "let the rate fall", {"training.schedule": "cosine"}


def text(remedies: list[Remedy], most: int = 4) -> str:
    """The first few as one line, each once: "more epochs; a higher rate"."""
    phrases = dict.fromkeys(phrase for said, _ in remedies for phrase in said.split("; "))
    return "; ".join(list(phrases)[:most])
