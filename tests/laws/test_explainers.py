"""Laws of the explainers: sums as promised, 0 for an ignored input, same seed same picture, the network unchanged."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from wellfit.nouns import shelf
from wellfit.nouns.aim import Aim
from wellfit.nouns.errors import NetworkError

EXPLAINERS = shelf.names("explainers")
MAPS_ONLY = ("grad_cam",)


class Ignoring(nn.Module):
    """A network that does not look at the inputs where `mask` is 0."""

    def __init__(self, inner: nn.Module, mask: Tensor):
        super().__init__()
        self.inner = inner
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x * self.mask)


def dense() -> tuple[nn.Module, Tensor, Tensor]:
    mask = torch.tensor([1.0, 0, 1, 1, 0])
    inner = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Dropout(0.5), nn.Linear(16, 3))
    return Ignoring(inner, mask), torch.randn(4, 5), mask


def conv(axes: int = 2) -> tuple[nn.Module, Tensor, Tensor]:
    cells = (8, 8)[:axes]
    mask = torch.ones(1, *cells)
    mask[..., :2] = 0
    make, norm = (nn.Conv2d, nn.BatchNorm2d) if axes == 2 else (nn.Conv1d, nn.BatchNorm1d)
    layers = [make(2, 6, 3, padding=1), norm(6), nn.GELU(), make(6, 6, 3, padding=1), nn.GELU()]
    inner = nn.Sequential(*layers, nn.Flatten(), nn.Linear(6 * 8**axes, 3))
    return Ignoring(inner, mask), torch.randn(3, 2, *cells), mask.expand(2, *cells)


def series() -> tuple[nn.Module, Tensor, Tensor]:
    return conv(1)


CASES = [
    (word, make) for word in EXPLAINERS for make in (dense, conv, series) if not (word in MAPS_ONLY and make is dense)
]
IDS = [f"{word}-{make.__name__}" for word, make in CASES]


def made(word: str, make):
    torch.manual_seed(3)
    network, x, mask = make()
    explain, aim = shelf.get("explainers", word), Aim(torch.arange(len(x)) % 3)
    options = {"draws": 8} if word == "shapley" else {}
    return network, x, mask, aim, lambda net, inputs: explain(net, inputs, aim, **options)


@pytest.mark.parametrize(("word", "make"), CASES, ids=IDS)
def test_shape_of_the_inputs_or_their_cells(word, make):
    network, x, _, _, explain = made(word, make)
    parts = explain(network, x)
    assert parts.shape in (x.shape, (len(x), 1, *x.shape[2:]))
    assert torch.isfinite(parts).all()
    assert float(parts.abs().max()) > 0


@pytest.mark.parametrize(("word", "make"), CASES, ids=IDS)
def test_same_seed_same_picture_and_nothing_is_left_behind(word, make):
    network, x, _, _, explain = made(word, make)
    network.train()
    before, draws, inputs = copy.deepcopy(network.state_dict()), torch.get_rng_state(), x.clone()
    first, again = explain(network, x), explain(network, x)
    assert torch.equal(first, again)
    assert torch.equal(torch.get_rng_state(), draws)
    assert torch.equal(x, inputs)
    assert all(m.training for m in network.modules())
    assert all(p.grad is None and p.requires_grad for p in network.parameters())
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
    assert not any(m._forward_hooks for m in network.modules())


@pytest.mark.parametrize(("word", "make"), CASES, ids=IDS)
def test_an_ignored_input_gets_nothing_where_that_is_promised(word, make):
    if "ignored" not in shelf.module("explainers", word).PROMISES:
        pytest.skip("it makes no such promise")
    if word == "occlusion" and make is not dense:
        pytest.skip("a window covers others beside it")
    network, x, mask, _, explain = made(word, make)
    assert float(explain(network, x)[:, mask == 0].abs().max()) < 1e-6


def test_occlusion_of_single_cells_gives_an_ignored_one_nothing():
    network, x, mask, aim, _ = made("occlusion", conv)
    parts = shelf.get("explainers", "occlusion")(network, x, aim, window=(1, 1, 1), stride=(1, 1, 1))
    assert float(parts[:, mask == 0].abs().max()) < 1e-6


@pytest.mark.parametrize(("word", "make"), CASES, ids=IDS)
def test_parts_add_up_where_that_is_promised(word, make):
    if "sum" not in shelf.module("explainers", word).PROMISES:
        pytest.skip("it makes no such promise")
    network, x, _, aim, _ = made(word, make)
    base = torch.randn(2, *x.shape[1:])
    parts = shelf.get("explainers", word)(network, x, aim, baseline=base, **({"draws": 4} if word == "shapley" else {}))
    network.eval()
    start = torch.stack([aim(network(b.expand_as(x))) for b in base]).mean(0)
    torch.testing.assert_close(parts.flatten(1).sum(1), aim(network(x)) - start, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("word", [w for w in EXPLAINERS if w not in ("occlusion", "shapley")])
def test_slopes_of_symbols_are_refused(word):
    network = nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 3))
    with pytest.raises(NetworkError, match=r"symbols|maps"):
        shelf.get("explainers", word)(network, torch.randint(9, (2, 3)), Aim(torch.zeros(2, dtype=torch.int64)))
