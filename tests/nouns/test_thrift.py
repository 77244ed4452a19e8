"""Less memory for a step: the same step, with less of it held."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from wellfit.nouns.errors import RecipeError
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.thrift import Parts, blocks, by_blocks
from wellfit.verbs.build import build
from wellfit.verbs.load import load
from wellfit.verbs.propose import propose
from wellfit.verbs.train import train

RNG = np.random.default_rng(0)
ROWS = (RNG.normal(size=(200, 8)).astype(np.float32), RNG.integers(0, 3, 200).astype(str))
GIVEN = {"training.epochs": 2, "training.batch_size": 48, "training.lr": 1e-2, "network.widths": [16, 16]}


def trained(**choices):
    recipe = Recipe.of(GIVEN | {k.replace("__", "."): v for k, v in choices.items()})
    data = load(ROWS, recipe.data)
    case = build(propose(recipe, data)[0], data)
    for _ in train(case):
        pass
    return case.network.state_dict()


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_batches_in_parts_give_what_whole_batches_give_to_rounding(weights):
    given = {"network__dropout": 0.0, "training__class_weights": weights}
    whole, parts = trained(**given), trained(**given, training__accumulate=5)
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_blocks_worked_out_again_give_the_same_weights_bit_for_bit_dropout_and_batch_norm_included(norm):
    given = {"network__dropout": 0.3, "network__norm": norm}
    plain, again = trained(**given), trained(**given, training__checkpoint="blocks")
    assert all(torch.equal(again[name], value) for name, value in plain.items())


def held(network: nn.Module, x: torch.Tensor) -> int:
    """Bytes that a forward pass keeps for the backward pass, weights apart."""
    kept: dict[int, int] = {}
    own = {p.data_ptr() for p in network.parameters()}

    def pack(t):
        if t.data_ptr() not in own:
            kept[t.data_ptr()] = t.numel() * t.element_size()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        out = network(x)
    total = sum(kept.values())
    out.sum().backward()
    return total


def deep() -> nn.Sequential:
    made = [
        nn.Sequential(nn.Linear(32, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, 32))
        for _ in range(4)
    ]
    return nn.Sequential(*made)


def test_less_is_held_for_the_backward_pass():
    network, x = deep(), torch.randn(256, 32)
    plain = held(network, x)
    with by_blocks(network, True):
        assert held(network, x) < 0.3 * plain
    assert held(network, x) == plain  # afterwards it is as it was
    assert held(Parts(network, 4), x) < 0.3 * plain


def test_blocks_are_the_outermost_that_stand_in_a_row():
    network = deep()
    assert blocks(network) == list(network)
    assert len(blocks(nn.Transformer(8, 2, 3, 2, 8, batch_first=True).encoder)) == 3


def test_batch_norm_in_parts_and_more_parts_than_rows_are_refused():
    with pytest.raises(RecipeError, match="batch norm"):
        trained(network__norm="batch", training__accumulate=2)
    with pytest.raises(RecipeError, match="fewer parts"):
        trained(training__accumulate=64)
