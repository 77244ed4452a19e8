"""Trials trained together come to what each comes to alone, but for the rounding of float32; what cannot is said."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from wellfit.nouns.case import Case
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.stack import kin, together, unfit
from wellfit.verbs.train import train

COMMON = {
    "network.name": "dense", "training.lr": 2e-3, "training.epochs": 1, "training.batch_size": 11,
    "training.warmup_frac": 0.1, "network.dropout": 0.0,
}  # fmt: skip
UNLIKE = (
    {"network.widths": [32, 16], "network.dropout": 0.3, "training.seed": 1},
    {"network.widths": [64, 64], "training.l2": 0.1, "training.lr": 4e-3},
    {"network.widths": [24, 64], "network.dropout": 0.5, "training.l1": 1e-4, "training.clip": 0.5,
     "training.schedule": "linear", "training.momentum": 0.8},
)  # fmt: skip


def cases(source: str, *each: dict, **common) -> list[Case]:
    found, data = [], None
    for choices in each:
        given = Recipe.of({**COMMON, **common, **choices, "data.source": source})
        data = load(source, given.data) if data is None else data
        found.append(build(propose(given, data)[0], data))
    return found


def alone(case: Case) -> tuple[dict[str, float], list[nn.Linear], int]:
    """(readings of the last epoch, layers, steps) of wellfit's own loop."""
    case, read, steps = case.copy(), {}, 0
    for moment in train(case):
        read, steps = {r.name: r.value for r in getattr(moment, "readings", ())}, moment.index
    return read, [m for m in case.network.modules() if isinstance(m, nn.Linear)], steps


def same(stack: list[Case], tolerance: float = 5e-5) -> int:
    """Each case's readings and weights after an epoch, together and alone; the steps taken."""
    steps, told = 0, next(t for t in together(stack) if t)
    for k, case in enumerate(stack):
        read, layers, steps = alone(case)
        for reading in told[k].readings:
            assert reading.value == pytest.approx(read[reading.name], rel=1e-4), f"{k} {reading.name}"
        for layer, (weight, bias) in zip(layers, told[k].state, strict=True):
            torch.testing.assert_close(weight, layer.weight.detach(), atol=tolerance, rtol=1e-4)
            torch.testing.assert_close(bias, layer.bias.detach(), atol=tolerance, rtol=1e-4)
    return steps


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "momentum", "nesterov"])
def test_over_its_first_hundred_steps_each_is_what_it_is_alone(optimizer: str):
    lr = {} if optimizer.startswith("adam") else {"training.lr": 0.02}
    assert same(cases("digits", *UNLIKE, **{"training.optimizer": optimizer}, **lr)) > 100


def test_many_small_networks_with_momenta_of_their_own_too():
    each = [{"network.widths": [4 + k], "training.momentum": 0.8 + 0.02 * k} for k in range(6)]
    same(cases("iris", *each))


@pytest.mark.parametrize(
    ("source", "choices"),
    [
        ("diabetes", {"network.activation": "tanh"}),
        ("diabetes", {"training.loss": "mse"}),
        ("digits", {"training.label_smoothing": 0.1, "network.activation": "gelu"}),
        ("digits", {"network.activation": "leaky_relu"}),
    ],
)
def test_other_losses_and_activations_too(source: str, choices: dict):
    same(cases(source, {"network.widths": [8, 8]}, {"network.widths": [16, 12]}, **choices))


def test_who_leaves_changes_nothing_for_the_others():
    stack = cases("iris", *({"network.widths": [8 + k]} for k in range(3)), **{"training.epochs": 3})
    gone, last = together(stack), {}
    told = next(gone)
    while True:
        last |= told
        try:
            told = gone.send([1] if 1 in told else [])
        except StopIteration:
            break
    whole = {}
    for told in together(stack):
        whole |= told
    assert last[1].epoch == 1
    for k in (0, 2):
        assert last[k].epoch == 3
        assert last[k].why_stop == "epochs"
        for (a, _), (b, _) in zip(last[k].state, whole[k].state):
            torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


def test_patience_ends_one_and_the_cases_networks_stay_as_they_were():
    (case,) = cases("iris", {"network.widths": [8], "training.epochs": 40, "training.patience": 1, "training.lr": 0.5})
    before = [p.detach().clone() for p in case.network.parameters()]
    told = [t[0] for t in together([case]) if t]
    assert told[-1].why_stop == "patience"
    assert all(torch.equal(a, b) for a, b in zip(before, case.network.parameters()))


@pytest.mark.parametrize(
    ("choices", "word"),
    [
        ({}, ""),
        ({"network.norm": "batch"}, "statistics of its own"),
        ({"network.name": "conv", "network.widths": [4, 8]}, "conv"),
        ({"network.activation": "sigmoid"}, "padding"),
        ({"training.optimizer": "rmsprop"}, "rmsprop"),
        ({"training.class_weights": "balanced"}, "weights"),
        ({"training.schedule": "plateau"}, "plateau"),
        ({"training.precision": "bfloat16"}, "bfloat16"),
        ({"network.options.residual": True}, "residual"),
    ],
)
def test_what_cannot_be_stacked_is_said(choices: dict, word: str):
    (case,) = cases("digits", {"network.widths": [8, 8], **choices})
    assert word in unfit(case)
    assert bool(unfit(case)) == bool(word)


def test_networks_of_other_depth_or_batch_are_no_kin():
    a, b, c, d = cases("iris", {"network.widths": [8]}, {"network.widths": [9]}, {"network.widths": [8, 8]},
                       {"network.widths": [8], "training.batch_size": 16})  # fmt: skip
    assert kin(a) == kin(b)
    assert len({kin(a), kin(c), kin(d)}) == 3
