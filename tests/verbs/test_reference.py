"""Laws of the reference: a forest on the training rows, answering the validation rows in the form of judge()."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from wellfit.nouns.case import Case
from wellfit.nouns.data import Split
from wellfit.verbs.reference import reference


class Unread:
    """A test split that must not be looked at."""

    def __getattr__(self, name):
        raise AssertionError(f"the test rows were touched: {name}")


def case_of(task, x, y, n_out, weights="none"):
    half = len(x) // 2
    part = lambda rows: Split(x[rows], y[rows], np.arange(len(x))[rows])
    back = SimpleNamespace(back=lambda outputs: outputs.numpy() * 10 + 100)
    data = SimpleNamespace(
        task=task, train=part(slice(0, half)), valid=part(slice(half, None)), test=Unread(),
        shape_in=tuple(x.shape[1:]), shape_out=(n_out,), preparation=back,
    )  # fmt: skip
    recipe = SimpleNamespace(training=SimpleNamespace(class_weights=weights))
    return Case(recipe, data, torch.nn.Identity(), torch.nn.functional.mse_loss, torch.device("cpu"))  # type: ignore[arg-type]


def test_classes_that_the_forest_never_saw_have_probability_0():
    torch.manual_seed(0)
    x, y = torch.randn(200, 3), torch.randint(0, 2, (200,)) * 2
    found = reference(case_of("classification", x, y, 4))["valid_reference"]
    assert found.shape == (100, 4)
    assert found.sum(1) == pytest.approx(np.ones(100))
    assert not found[:, [1, 3]].any()


def test_pictures_are_read_as_flat_rows_and_learnt_from():
    torch.manual_seed(1)
    y = torch.randint(0, 2, (200,))
    x = torch.randn(200, 1, 4, 4) + 2 * y[:, None, None, None]
    found = reference(case_of("classification", x, y, 2, "balanced"))["valid_reference"]
    assert (found.argmax(1) == y[100:].numpy()).mean() > 0.95


@pytest.mark.parametrize("k", [1, 2])
def test_values_come_back_in_the_users_units(k):
    torch.manual_seed(2)
    x = torch.randn(300, 4)
    found = reference(case_of("regression", x, x[:, :k].clone(), k))["valid_reference"]
    assert found.shape == (150, k)
    truth = x[150:, :k].numpy() * 10 + 100
    assert 1 - ((found - truth) ** 2).mean() / truth.var() > 0.7


def test_labels_get_a_probability_each_even_where_one_is_never_or_always_set():
    torch.manual_seed(3)
    x = torch.randn(200, 3)
    y = torch.stack([x[:, 0] > 0, torch.zeros(200), torch.ones(200)], 1).float()
    found = reference(case_of("multilabel", x, y, 3))["valid_reference"]
    assert ((found[:, 0] > 0.5) == (x[100:, 0] > 0).numpy()).mean() > 0.95
    assert not found[:, 1].any()
    assert (found[:, 2] == 1).all()


def test_reference_is_the_same_every_time():
    torch.manual_seed(4)
    case = case_of("regression", torch.randn(100, 4), torch.randn(100, 1), 1)
    assert (reference(case)["valid_reference"] == reference(case)["valid_reference"]).all()
