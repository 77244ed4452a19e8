"""Laws of the proposal: whole, explained, and following from the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from wellfit.networks.conv import conv
from wellfit.networks.dense import dense
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.propose import mirrors, multiplications, numbers, propose

LONGEST = 75  # characters of a reason


def data_of(kind: str = "array", task: str = "regression", n: int = 300, shape: tuple[int, ...] = (4,)) -> Data:
    """Random inputs [n, *shape] with targets of the task."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, *shape, generator=generator)
    if task == "classification":
        y, out = torch.randint(3, (n,), generator=generator), (3,)
    elif task == "multilabel":
        y, out = torch.randint(2, (n, 2), generator=generator).float(), (2,)
    else:
        y, out = torch.randn(n, 1, generator=generator), (1,)
    split = Split(x, y, np.arange(n))
    choices = {"task": task, "split": "random", "normalise": "standardise", "normalise_targets": "none"}
    raw = Raw("made", kind, x.numpy())  # type: ignore[arg-type]
    return Data(raw, task, split, split, split, None, shape, out, choices=choices | {"missing": "refuse"})  # type: ignore[arg-type]


KINDS = [
    ("array", "regression", (4,)),
    ("array", "multilabel", (300,)),
    ("table", "classification", (4,)),
    ("pictures", "classification", (1, 8, 8)),
    ("pictures", "classification", (3, 64, 64)),
    ("pictures", "regression", (3, 32, 32)),
]


@pytest.mark.parametrize(("kind", "task", "shape"), KINDS)
def test_every_choice_left_open_is_filled_and_has_a_short_reason(kind: str, task: str, shape: tuple[int, ...]):
    recipe, reasons = propose(Recipe(), data_of(kind, task, 200, shape))
    assert [k for k, v in recipe.flat().items() if v == "auto"] == [
        "data.memory"
    ]  # the machine's, found when data are read
    was_open = {k for k, v in Recipe().flat().items() if v == "auto" and not k.startswith("data.")}
    assert was_open <= set(reasons)
    assert all(0 < len(reasons[k]) <= LONGEST for k in was_open), max(reasons.values(), key=len)


def test_what_a_person_sets_stays_and_is_called_theirs():
    asked = {"training.epochs": 3, "network.widths": [7], "training.threads": 2, "network.options.embedding": "none"}
    recipe, reasons = propose(Recipe.of(asked), data_of())
    assert (recipe.training.epochs, recipe.network.widths, recipe.training.threads) == (3, (7,), 2)
    assert recipe.network.options == {"embedding": "none"}
    assert {reasons[k] for k in ("training.epochs", "network.widths", "training.threads", "network.options")} == {
        "as you set it"
    }


def test_one_option_of_a_persons_leaves_the_other_options_to_the_proposal():
    recipe, _ = propose(Recipe.of({"network.options.frequencies": 4}), data_of(n=5000))
    assert recipe.network.options == {"embedding": "periodic", "embedding_size": 64, "frequencies": 4}
    recipe, _ = propose(Recipe.of({"network.options.bins": 4}), data_of(n=5000))
    assert recipe.network.options == {"embedding": "piecewise", "embedding_size": 64, "bins": 4}


def test_a_network_of_ones_own_gets_no_options_of_the_shelf():
    recipe, _ = propose(Recipe.of({"network.name": "own:Net"}), data_of())
    assert recipe.network.options == {}


def test_only_numbers_are_embedded():
    x = torch.stack([torch.linspace(0, 1, 50), (torch.arange(50) % 2).float(), torch.ones(50)], 1)
    assert numbers(x) == [0]


def test_wide_inputs_and_few_rows_are_not_embedded():
    assert propose(Recipe(), data_of(n=5000, shape=(300,)))[0].network.options == {}
    assert propose(Recipe(), data_of(n=4999))[0].network.options == {}
    assert propose(Recipe(), data_of(n=5000))[0].network.options == {"embedding": "piecewise", "embedding_size": 64}


def test_more_rows_get_fewer_passes_and_larger_batches():
    found = [propose(Recipe(), data_of(n=n))[0].training for n in (60, 600, 6000, 60_000)]
    batches, epochs = [int(t.batch_size) for t in found], [int(t.epochs) for t in found]
    assert batches == sorted(batches)
    assert batches[0] >= 16
    assert batches[-1] <= 256
    assert epochs[0] > epochs[1]
    assert epochs[2] > epochs[3]
    assert epochs[-1] >= 8


def test_fewer_rows_than_a_batch_bound_the_batch():
    assert propose(Recipe(), data_of(n=10))[0].training.batch_size == 10


def test_few_rows_get_a_smaller_network():
    few, many = (propose(Recipe(), data_of(n=n))[0].flat() for n in (200, 6000))
    assert sum(few["network.widths"]) < sum(many["network.widths"])


def pictures(kind: str, n: int = 120) -> tuple[torch.Tensor, torch.Tensor]:
    """Noise [n, 1, 12, 12] in two classes, with a mark that is one-sided in the way that `kind` says."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n, 1, 12, 12, generator=generator)
    y = torch.arange(n) % 2
    if kind == "sky":
        x[:, :, :6] += 1.0
    elif kind == "arrows":
        x[y == 0, :, :, :6] += 1.0
        x[y == 1, :, :, 6:] += 1.0
    elif kind == "centred":
        x[:, :, 4:8, 4:8] += 2.0
    return x, y


@pytest.mark.parametrize(
    ("kind", "found"), [("noise", "both"), ("centred", "both"), ("sky", "sideways"), ("arrows", "none")]
)
def test_pictures_are_mirrored_only_where_the_mirrored_are_as_likely(kind: str, found: str):
    assert mirrors(*pictures(kind))[0] == found


@pytest.mark.parametrize(("kind", "pool"), [("noise", None), ("sky", None), ("arrows", "flatten")])
def test_the_place_in_the_picture_is_kept_where_pictures_have_a_side(kind: str, pool: str | None):
    x, y = pictures(kind)
    data = data_of("pictures", "classification", len(x), tuple(x.shape[1:]))
    recipe, _ = propose(Recipe(), replace(data, train=Split(x, y, np.arange(len(x)))))
    assert recipe.network.options.get("pool") == pool


def test_classes_of_a_few_pictures_are_never_mirrored():
    x, y = pictures("noise", 20)
    assert mirrors(x, y)[0] == "none"


def test_pictures_of_a_regression_are_left_as_they_are():
    assert propose(Recipe(), data_of("pictures", "regression", 50, (1, 16, 16)))[0].network.options == {}


def test_multiplications_are_those_of_a_count_by_hand():
    assert multiplications(dense((4,), (3,), widths=(8,)), torch.zeros(1, 4)) == 4 * 8 + 8 * 3
    network = nn.Sequential(nn.Conv2d(2, 5, 3, padding=1), nn.Flatten(), nn.Linear(5 * 6 * 6, 3))
    assert multiplications(network, torch.zeros(1, 2, 6, 6)) == 2 * 9 * 5 * 36 + 180 * 3
    assert multiplications(conv((1, 8, 8), (10,)).eval(), torch.zeros(1, 1, 8, 8)) > 9 * 32 * 64 * 16


def test_a_small_step_is_not_shared_among_threads():
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        small, _ = propose(Recipe.of({"network.widths": [8]}), data_of())
        large, _ = propose(Recipe.of({"network.widths": [2048, 2048], "training.batch_size": 256}), data_of())
    finally:
        torch.set_num_threads(before)
    assert (small.training.threads, large.training.threads) == (1, 2)


def test_the_proposal_repeats_and_leaves_the_random_state():
    data, state = data_of("pictures", "classification", 200, (1, 8, 8)), torch.get_rng_state()
    assert propose(Recipe(), data) == propose(Recipe(), data)
    assert torch.equal(torch.get_rng_state(), state)
