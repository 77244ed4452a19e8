"""Laws of beginning with earlier weights, for every network of the shelf: what is carried is the old tensor bit for bit,
the head is new, what is frozen stays, earlier layers learn at lower rates."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from test_networks import EVERY, made, noise, takes
from torch import nn

from wellfit.nouns.case import Case
from wellfit.nouns.depth import groups, shares, split_groups, thaw, train_mode
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.refit import called
from wellfit.verbs.transfer import Start, carry

EACH = pytest.mark.parametrize(("name", "options"), [e for e in EVERY if e[0] != "gan"])  # two players: no one head


def carried(name: str, options: dict[str, Any], mode: str = "fine-tune") -> tuple[dict, dict, Case, str]:
    """(old weights, first weights here, the case with what was carried, name of the last layer)."""
    old, now = (made(name, seed=s, norm="batch", **options) for s in (0, 1))
    first = {k: v.clone() for k, v in now.state_dict().items()}
    recipe = Recipe.of({"transfer.weights": "x", "transfer.mode": mode})
    data: Any = SimpleNamespace(shape_in=takes(name), task="regression", preparation=None)
    loss = lambda outputs, targets: outputs.square().mean()
    case = carry(Case(recipe, data, now, loss, torch.device("cpu")), Start("x", old.state_dict()))
    return old.state_dict(), first, case, called(now, takes(name))[-1]


@EACH
def test_what_is_carried_is_the_old_tensor_bit_for_bit_and_the_head_is_new(name: str, options: dict):
    old, first, case, head = carried(name, options)
    for key, value in case.network.state_dict().items():
        expected = first if key.startswith(f"{head}.") else old
        assert torch.equal(value, expected[key]), key
    assert {r.name for r in case.carried if r.what == "new"} == {k for k in first if k.startswith(f"{head}.")}


def steps(network: nn.Module, name: str, optimizer: torch.optim.Optimizer, n: int = 2) -> None:
    for _ in range(n):
        train_mode(network)(noise(8, *takes(name))).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


@EACH
def test_frozen_weights_and_statistics_do_not_move_and_the_head_does(name: str, options: dict):
    old, first, case, head = carried(name, options, "frozen")
    optimizer = torch.optim.AdamW(case.network.parameters(), lr=1e-2, weight_decay=0.1)
    steps(case.network, name, optimizer)
    moved = {k for k, v in case.network.state_dict().items() if not torch.equal(v, {**old, **first}[k])}
    rest = {k: v for k, v in case.network.state_dict().items() if not k.startswith(f"{head}.")}
    assert all(torch.equal(v, old[k]) for k, v in rest.items())
    assert any(k.startswith(f"{head}.") for k in moved)


@EACH
def test_groups_of_layers_hold_each_parameter_once_with_the_last_layer_first(name: str, options: dict):
    network = made(name, norm="batch", **options)
    found = groups(network)
    assert sorted(n for group in found for n in group) == sorted(n for n, _ in network.named_parameters())
    assert any(n.startswith(f"{called(network, takes(name))[-1]}.") for n in found[0])


@EACH
def test_earlier_groups_learn_at_lower_rates_and_thaw_later(name: str, options: dict):
    network = made(name, **options)
    share, parts, named = shares(network, 0.5), groups(network), dict(network.named_parameters())
    assert [share[named[g[0]]] for g in parts] == [0.5**i for i in range(len(parts))]
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    split_groups(optimizer, share)
    assert {id(p): g["share"] for g in optimizer.param_groups for p in g["params"]} == {
        id(p): s for p, s in share.items()
    }
    learning = []
    for progress in (0.0, 0.25, 0.5):
        thaw(network, progress, 0.5)
        learning.append({n for n, p in network.named_parameters() if p.requires_grad})
    assert learning[0] == set(parts[0])
    assert learning[0] <= learning[1] <= learning[2] == set(named)
