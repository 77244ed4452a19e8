"""Laws of the number of threads."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from wellfit.losses.mse import mse
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.threads import threads
from wellfit.nouns.trial import trial
from wellfit.verbs.train import train


def case_of(n_threads: int) -> tuple[Case, list[int]]:
    """A tiny regression, and the list in which its loss notes the threads it runs on."""
    x, seen = torch.linspace(-1, 1, 40)[:, None], []
    split = Split(x, 2 * x, np.arange(40))
    data = Data(Raw("made", "array", x.numpy()), "regression", split, split, split, None, (1,), (1,))  # type: ignore[arg-type]

    def noting(outputs, targets, loss):
        seen.append(torch.get_num_threads())
        return loss(outputs, targets)

    given = {"optimizer": "sgd", "lr": 0.1, "l2": 0.0, "schedule": "constant", "batch_size": 20, "epochs": 1}
    recipe = Recipe.of({f"training.{k}": v for k, v in (given | {"patience": 0, "threads": n_threads}).items()})
    return Case(recipe, data, nn.Linear(1, 1), partial(noting, loss=mse), torch.device("cpu")), seen


@pytest.fixture
def two():
    """Two threads for torch, whatever the machine; as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two")
def test_training_runs_on_the_recipes_threads_and_puts_back_what_was():
    case, seen = case_of(1)
    list(train(case))
    assert set(seen) == {1}
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two")
def test_a_training_that_is_left_puts_the_threads_back():
    moments = train(case_of(1)[0], due=lambda index: True)
    next(moments)
    moments.close()  # type: ignore[attr-defined]
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two")
def test_a_trial_runs_on_the_recipes_threads():
    with trial(case_of(1)[0]):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


@pytest.mark.usefixtures("two")
def test_auto_changes_nothing():
    with threads("auto"):
        assert torch.get_num_threads() == 2
