"""The loss of a case: a word of the shelf with class weights and label smoothing filled in."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from wellfit.nouns import shelf
from wellfit.nouns.data import Data
from wellfit.nouns.errors import RecipeError
from wellfit.nouns.recipe import TrainingChoices
from wellfit.nouns.task import known, task_of, weighed


def loss_of(choices: TrainingChoices, data: Data, device: torch.device) -> Callable[[Tensor, Tensor], Tensor]:
    """(outputs [B, ...], targets [B, ...]) -> scalar. Raises RecipeError for a loss, weights or smoothing that do not
    fit the task, ShelfError for an unknown word."""
    function, forms, form = shelf.get("losses", choices.loss), _forms(choices.loss), data.form
    if forms and form not in forms:
        fit = [word for word in shelf.names("losses") if form in _forms(word)]
        raise RecipeError(
            f"training.loss = {choices.loss!r}",
            f"it is for {' and '.join(forms)}; this data asks for {data.task}, whose answers are {form}",
            f"take {' or '.join(fit)}, or set data.task",
        )
    if choices.label_smoothing and form in ("values", "density"):
        asked = f"training.label_smoothing = {choices.label_smoothing}"
        raise RecipeError(asked, f"a {data.task} has no labels to smooth", "set it to 0")
    weight = _weight(choices, data)
    weight = None if weight is None else weight.to(device)
    keywords = {"weight": weight, "label_smoothing": choices.label_smoothing}
    area, even = data.raw.area, data.train.weight is None and data.raw.area is None
    if even and all(bool(known(s.y).all()) for s in (data.train, data.valid, data.test)):
        return partial(function, **keywords)
    if "cell_weight" not in inspect.signature(function).parameters:
        asked = f"training.loss = {choices.loss!r} for cells or rows that count differently"
        raise RecipeError(asked, "it takes no cell_weight", f"take {task_of(data.task).loss[0]}")
    area = None if area is None else torch.as_tensor(area, dtype=torch.float32, device=device)
    return partial(weighed, function=function, area=area, **keywords)


def _forms(word: str) -> tuple[str, ...]:
    return getattr(shelf.module("losses", word), "FORMS", ())


def _weight(choices: TrainingChoices, data: Data) -> Tensor | None:
    """Weights float32 [C] of the classes (classification), [K] of a label that is there against one that is not."""
    asked = f"training.class_weights = {choices.class_weights!r}"
    if choices.class_weights == "none":
        return None
    if data.form in ("values", "density"):
        raise RecipeError(asked, f"a {data.task} has no classes", 'set it to "none"')
    if choices.class_weights == "balanced":
        return balanced(data)
    if len(choices.class_weights) != data.shape_out[0]:
        found = f"{len(choices.class_weights)} weights for {data.shape_out[0]} classes"
        raise RecipeError(asked, found, f"give one for each of {', '.join(data.classes[:12])}")
    return torch.tensor(choices.class_weights, dtype=torch.float32)


def balanced(data: Data) -> Tensor:
    """Weights from the training rows with which every class counts the same: N / (C n_c) for n_c rows of class c
    (King & Zeng 2001, as in scikit-learn); n₀ / n₁ for a label that n₁ rows have and n₀ lack. 1 for what no row has.
    """
    y = data.train.y
    if data.form == "labels":
        there = y.sum(0)
        return torch.where(there > 0, (len(y) - there) / there.clamp_min(1), 1.0).clamp_min(1 / len(y))
    n = torch.bincount(y[y >= 0], minlength=data.shape_out[0]).float()
    return torch.where(n > 0, n.sum() / ((n > 0).sum() * n.clamp_min(1)), 1.0)
