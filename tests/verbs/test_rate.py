"""Laws of the learning-rate range test."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from wellfit.losses.cross_entropy import cross_entropy
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.recipe import Recipe
from wellfit.verbs.rate import HIGHEST, LOWEST, MOST, rate_test, with_tested_rate


def case_of(scale: float = 1.0, depth: int = 1, optimizer: str = "adamw", **choices) -> Case:
    """A classification of 5 inputs, times `scale`, by a ReLU network; the same at each call."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(400, 5, generator=generator)
    y = (x[:, 0] + 0.3 * torch.randn(400, generator=generator) > 0).long()
    split = Split(x * scale, y, np.arange(400))
    data = Data(Raw("made", "array", x.numpy()), "classification", split, split, split, None, (5,), (2,), ("a", "b"))  # type: ignore[arg-type]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        hidden = [m for _ in range(depth) for m in (nn.Linear(64, 64), nn.ReLU())]
        network = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), *hidden, nn.Dropout(0.3), nn.Linear(64, 2))
        for layer in network:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    recipe = Recipe.of({"training.optimizer": optimizer, "training.lr": 1e-3, "training.batch_size": 32, **choices})
    return Case(recipe, data, network, partial(cross_entropy), torch.device("cpu"))


def test_the_network_and_the_random_state_stay_as_they_were():
    case, state = case_of(), torch.get_rng_state()
    before = [p.detach().clone() for p in case.network.parameters()]
    rate_test(case)
    assert all(torch.equal(a, b) for a, b in zip(before, case.network.parameters()))
    assert torch.equal(torch.get_rng_state(), state)
    assert case.network.training


def test_the_same_case_gets_the_same_rate():
    a, b = rate_test(case_of()), rate_test(case_of())
    assert a.lr == b.lr
    assert np.array_equal(a.losses, b.losses)
    assert a.reason == b.reason


@pytest.mark.parametrize("optimizer", sorted(MOST))
def test_the_proposal_is_within_what_is_usual_for_the_optimizer(optimizer: str):
    assert LOWEST <= rate_test(case_of(optimizer=optimizer)).lr <= MOST[optimizer] <= HIGHEST


def test_a_healthy_network_gets_the_most_that_is_usual():
    assert rate_test(case_of()).lr == MOST["adamw"]


def test_a_network_that_is_steeper_gets_a_lower_rate():
    healthy, steep = rate_test(case_of(optimizer="sgd")), rate_test(case_of(scale=30.0, depth=4, optimizer="sgd"))
    assert steep.lr < healthy.lr / 10


def test_the_rates_tried_rise_evenly_on_a_log_scale():
    ratios = np.diff(np.log(rate_test(case_of()).rates))
    assert ratios == pytest.approx(np.full(len(ratios), np.log(HIGHEST / LOWEST) / 99))


def test_a_loss_that_is_never_finite_leaves_the_usual_rate_and_says_so():
    case = case_of()
    broken = replace(case, loss=lambda outputs, targets: outputs.sum() * float("nan"))
    found = rate_test(broken)
    assert found.lr == 1e-3
    assert "not finite" in found.reason


def test_a_rate_that_a_person_set_is_not_tested():
    case = case_of()
    kept, reasons = with_tested_rate(case, case.recipe, {"training.lr": "as you set it"})
    assert kept is case
    assert reasons == {"training.lr": "as you set it"}


def test_a_tested_rate_goes_into_the_recipe_with_its_reason():
    case, reasons = with_tested_rate(case_of(), Recipe(), {})
    assert case.recipe.training.lr == rate_test(case_of()).lr
    assert reasons["training.lr"].startswith("range test")
    assert len(reasons["training.lr"]) <= 75


def test_scattered_losses_of_few_rows_do_not_bring_the_rate_down():
    """Targets that are pure noise: the loss never falls, so its least is chance, and only its rise says something."""
    found = []
    for seed in range(5):
        case = case_of()
        noise = torch.randint(2, (400,), generator=torch.Generator().manual_seed(seed))
        split = Split(case.data.train.x, noise, np.arange(400))
        recipe = Recipe.of({"training.seed": seed, "training.batch_size": 16}, case.recipe)
        found.append(rate_test(replace(case, recipe=recipe, data=replace(case.data, train=split))).lr)
    assert min(found) >= MOST["adamw"] / 10
