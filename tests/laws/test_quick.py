"""Laws of steps that are played: bit for bit the ordinary ones, for every network and optimizer of the shelves."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from test_networks import EVERY, made, noise, takes
from torch import Tensor, nn

from wellfit.losses.huber import huber
from wellfit.losses.likelihood import likelihood
from wellfit.losses.mse import mse
from wellfit.nouns import depth, quick, shelf
from wellfit.nouns.augment import Batch
from wellfit.nouns.forward import forward_of
from wellfit.nouns.quick import Quick, flat_of
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.world import ALONE

STEPS, SIZES = 20, (16, 16, 16, 6)
PLAYED = 14
"""Of 15 steps of one size and 5 of another, the first of each is ordinary, the second recorded, the third tried."""
NOT_PLAYED = {"graph": "values"}
"""A norm over the nodes that a graph has."""


def quick_of(network: nn.Module, optimizer: str = "adamw", l2: float = 0.01, loss=None, here=ALONE, **choices) -> Quick:
    """The steps of a training of this network, as `train` makes them."""
    recipe = Recipe.of({f"training.{k}": v for k, v in choices.items()})
    device, loss = torch.device("cpu"), loss or partial(mse)
    case: Any = SimpleNamespace(network=network, loss=loss, device=device, recipe=recipe)
    own = shelf.get("optimizers", optimizer)(network.parameters(), 1e-3, momentum=0.9, l2=l2)

    flat = flat_of(case, own, here)
    return Quick(case, own, forward_of(case, here, None, flat), here, None, flat)  # type: ignore[arg-type]


def trained(steps: Quick, x: Tensor, y: Tensor) -> list[Tensor]:
    """Weights, statistics and losses after training in batches of two sizes, at rates that change."""
    torch.manual_seed(5)
    losses, at = [], 0
    for i in range(STEPS):
        rows = torch.arange(at, at := at + SIZES[i % 4]) % len(x)
        for group in steps._optimizer.param_groups:
            group["lr"] = 1e-2 / (1 + i)
        losses.append(steps.whole(Batch(x[rows], y[rows])).clone())
    return [*steps._case.network.state_dict().values(), *losses, torch.get_rng_state()]


def both(make, x: Tensor, y: Tensor, monkeypatch, **choices) -> Quick:
    """Train the played and the ordinary way, hold that they are the same, and give the played one."""
    monkeypatch.setattr(quick, "BEFORE", 1)
    played = make(**choices)
    found = trained(played, x, y)
    monkeypatch.setattr(quick, "BEFORE", STEPS)
    ordinary = make(**choices)
    expected = trained(ordinary, x, y)
    assert ordinary.played_steps == 0
    assert [torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(found, expected)] == [True] * len(expected)
    return played


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_played_steps_are_the_ordinary_ones_bit_for_bit(name, options, monkeypatch):
    def make() -> Quick:
        network = made(name, norm="batch", dropout=0.3, activation="relu", **options)
        density = shelf.module("networks", name).OUTPUTS[0] == "density"
        return quick_of(network.train(), loss=likelihood if density else partial(mse))

    x = noise(100, *takes(name))
    with torch.no_grad():
        y = torch.zeros_like(made(name, **options)(x))
    played = both(make, x, y, monkeypatch)
    assert played.why == NOT_PLAYED.get(options.get("cell", name), "")
    assert played.played_steps == (0 if played.why else PLAYED)


X, Y = noise(100, 6), noise(100, 3).relu()


def dense(**choices) -> Quick:
    return quick_of(made("dense", (6,), **{"activation": "relu"} | choices.pop("network", {})), **choices)


@pytest.mark.parametrize("optimizer", shelf.names("optimizers"))
def test_every_optimizer_moves_weights_as_in_ordinary_steps(optimizer: str, monkeypatch):
    assert both(dense, X, Y, monkeypatch, optimizer=optimizer).played_steps == PLAYED


@pytest.mark.parametrize(
    "choices",
    [
        {"l1": 0.01},
        {"clip": 0.1},
        {"l1": 0.01, "clip": 0.1, "optimizer": "rmsprop"},
        {"l2": 0.0},
        {"loss": partial(huber, weight=torch.tensor([1.0, 2.0, 0.5]))},
        {"network": {"activation": "gelu", "norm": "layer"}},
    ],
    ids=lambda c: "-".join(c),
)
def test_penalties_clipping_and_weights_are_as_in_ordinary_steps(choices: dict, monkeypatch):
    assert both(dense, X, Y, monkeypatch, **choices).played_steps == PLAYED


def test_groups_of_layers_keep_their_own_rates(monkeypatch):
    def make() -> Quick:
        steps = dense()
        depth.split_groups(steps._optimizer, depth.shares(steps._case.network, 0.5))
        return steps

    assert both(make, X, Y, monkeypatch).played_steps == PLAYED


class Ours(nn.Module):
    """A layer that passes for one of the shelf; what it does is given."""

    __module__ = "wellfit.networks.made"

    def __init__(self, does):
        super().__init__()
        self.linear, self.other, self.does, self.calls = nn.Linear(6, 3), nn.Linear(6, 3), does, 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.does(self, x)


def counting(m: Ours, x: Tensor) -> Tensor:
    return (m.linear(x) + m.other(x)) * m.calls


def branching(m: Ours, x: Tensor) -> Tensor:
    return m.linear(x) if x.sum() > 0 else m.other(x)


def half(m: Ours, x: Tensor) -> Tensor:
    return m.linear(x)


@pytest.mark.parametrize(("does", "why"), [(counting, "differs"), (branching, "values"), (half, "unused")])
def test_what_cannot_be_played_stays_ordinary_and_says_why(does, why: str, monkeypatch):
    def make() -> Quick:
        torch.manual_seed(0)
        return quick_of(Ours(does))

    played = both(make, X, Y, monkeypatch)
    assert (played.why, played.played_steps) == (why, 0)


def test_a_network_of_the_users_own_stays_ordinary():
    assert quick_of(nn.Sequential(type("Mine", (nn.Linear,), {"__module__": "mine"})(6, 3))).why == "own"
    assert quick_of(nn.Linear(6, 3), loss=lambda outputs, targets: outputs.sum()).why == "own"


def test_listeners_end_the_playing(monkeypatch):
    monkeypatch.setattr(quick, "BEFORE", 1)
    heard = made("dense", (6,))
    heard.get_submodule("linear1").register_forward_hook(lambda module, given, out: None)
    assert quick_of(heard).why == "hooks"
    steps = dense()
    trained(steps, X, Y)
    assert not steps.why
    weights = next(steps._case.network.parameters())
    weights.data = weights.data.clone()
    steps.renew()
    assert steps.why == "hooks"
