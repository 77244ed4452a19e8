"""Laws of every loss: equals PyTorch's own, is a mean over examples, and says what chance gives."""

from __future__ import annotations

import math
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from wellfit.nouns import shelf
from wellfit.nouns.augment import Batch
from wellfit.nouns.exchange import Flat
from wellfit.nouns.forward import forward_of
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.task import UNKNOWN, weighed
from wellfit.nouns.world import World

FORMS = {"classes", "labels", "values", "density"}
ALL = shelf.names("losses")
LOSSES = [w for w in ALL if "density" not in shelf.module("losses", w).FORMS]  # of which a constant may be an answer
N, K = 60, 3


def module(word: str):
    return shelf.module("losses", word)


def loss_of(word: str):
    return shelf.get("losses", word)


def example(word: str, n: int = N, seed: int = 0) -> tuple[Tensor, Tensor]:
    """(outputs, targets) of the loss's first form, unbalanced and skewed."""
    g = torch.Generator().manual_seed(seed)
    outputs, form = torch.randn(n, K, generator=g), module(word).FORMS[0]
    if form == "classes":
        return outputs, torch.multinomial(torch.tensor([0.6, 0.3, 0.1]), n, True, generator=g)
    if form == "labels":
        return outputs, (torch.rand(n, K, generator=g) < torch.tensor([0.1, 0.5, 0.8])).float()
    return outputs, torch.randn(n, K, generator=g).exp() * torch.tensor([0.5, 2.0, 9.0])


WEIGHT = torch.tensor([0.5, 2.0, 1.5])
TORCHS = {
    "cross_entropy": lambda o, y, w: F.cross_entropy(o, y, weight=w),
    "binary_cross_entropy": lambda o, y, w: F.binary_cross_entropy_with_logits(o, y, pos_weight=w),
    "mse": lambda o, y, w: F.mse_loss(o, y) if w is None else F.mse_loss(o, y, weight=w.expand_as(o)) * w.mean(),
    "mae": lambda o, y, w: F.l1_loss(o, y) if w is None else F.l1_loss(o, y, weight=w.expand_as(o)) * w.mean(),
    "huber": lambda o, y, w: (F.smooth_l1_loss(o, y, reduction="none") * (1 if w is None else w)).mean(),
}


@pytest.mark.parametrize("word", TORCHS)
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_it_equals_pytorchs_own(word: str, weight: Tensor | None):
    outputs, targets = example(word)
    torch.testing.assert_close(loss_of(word)(outputs, targets, weight=weight), TORCHS[word](outputs, targets, weight))


@pytest.mark.parametrize("word", LOSSES)
def test_it_names_forms_and_takes_what_every_loss_takes(word: str):
    assert set(module(word).FORMS) <= FORMS
    assert module(word).FORMS
    found = loss_of(word)(*example(word), weight=WEIGHT, label_smoothing=0.0)
    assert found.ndim == 0
    assert found > 0


@pytest.mark.parametrize("word", LOSSES)
def test_it_is_a_mean_over_examples(word: str):
    outputs, targets = example(word)
    twice = loss_of(word)(outputs.repeat(2, 1), targets.repeat(2, *[1] * (targets.ndim - 1)))
    torch.testing.assert_close(twice, loss_of(word)(outputs, targets))
    one_by_one = torch.stack([loss_of(word)(o[None], y[None]) for o, y in zip(outputs, targets)])
    torch.testing.assert_close(one_by_one.mean(), loss_of(word)(outputs, targets))
    torch.testing.assert_close(torch.func.vmap(loss_of(word))(outputs[:, None], targets[:, None]), one_by_one)


@pytest.mark.parametrize("word", LOSSES)
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_chance_is_the_least_loss_of_any_constant_answer(word: str, weight: Tensor | None):
    _, targets = example(word)
    constant = torch.zeros(1, K, dtype=torch.float64, requires_grad=True)
    weight64 = None if weight is None else weight.double()
    y = targets if targets.dtype == torch.int64 else targets.double()
    best = math.inf
    for lr in (1.0, 0.1, 0.03, 0.003):  # the least of a pinball loss may be far from 0
        optimizer = torch.optim.Adam([constant], lr=lr)
        for _ in range(300):
            loss = loss_of(word)(constant.expand(N, K), y, weight=weight64)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            best = min(best, loss.item())
    assert module(word).chance(targets, (K,), weight) == pytest.approx(best, rel=1e-3)


def test_chance_is_the_logarithm_of_the_number_of_equal_classes():
    targets = torch.arange(40) % 4
    assert module("cross_entropy").chance(targets, (4,)) == pytest.approx(math.log(4))
    balanced = torch.tensor([1 / 30, 1 / 10])
    assert module("cross_entropy").chance(torch.tensor([0] * 30 + [1] * 10), (2,), balanced) == pytest.approx(
        math.log(2)
    )
    assert module("binary_cross_entropy").chance(torch.tensor([[0.0], [1.0]]), (1,)) == pytest.approx(math.log(2))


@pytest.mark.parametrize("word", LOSSES)
def test_chance_of_constant_targets_is_nought(word: str):
    _, targets = example(word)
    assert module(word).chance(targets[:1].repeat(9, *[1] * (targets.ndim - 1)), (K,)) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("word", LOSSES)
@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_a_cell_that_counts_nothing_is_as_if_it_were_not_there(word: str, weight: Tensor | None):
    outputs, targets = example(word)
    counts = torch.ones(targets.shape)
    counts[::3] = 0
    outputs.requires_grad_()
    found = loss_of(word)(outputs, targets, weight=weight, cell_weight=counts)
    there = counts.flatten(1).sum(1) > 0 if counts.ndim > 1 else counts > 0
    torch.testing.assert_close(found, loss_of(word)(outputs[there], targets[there], weight=weight))
    found.backward()
    assert outputs.grad is not None
    assert not outputs.grad[::3].any()
    nothing = loss_of(word)(outputs, targets, weight=weight, cell_weight=torch.zeros(targets.shape))
    assert nothing.item() == 0.0


@pytest.mark.parametrize("word", LOSSES)
def test_marked_targets_are_left_out_and_rows_count_by_their_weight(word: str):
    outputs, targets = example(word)
    marks = targets.clone()
    marks[::4] = UNKNOWN if targets.dtype == torch.int64 else float("nan")
    kept = torch.arange(N) % 4 > 0
    found = weighed(outputs, marks, function=loss_of(word))
    torch.testing.assert_close(found, loss_of(word)(outputs[kept], targets[kept]))
    torch.testing.assert_close(weighed(outputs, targets, kept.float(), function=loss_of(word)), found)
    assert (
        torch.func.vmap(lambda o, y: weighed(o, y, function=loss_of(word)))(outputs[:, None], marks[:, None])
        .isfinite()
        .all()
    )


def test_label_smoothing_spreads_a_share_of_each_label():
    outputs, targets = example("cross_entropy")
    spread = 0.8 * F.one_hot(targets, K) + 0.2 / K
    expected = -(spread * outputs.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(loss_of("cross_entropy")(outputs, targets, label_smoothing=0.2), expected)
    outputs, targets = example("binary_cross_entropy")
    expected = F.binary_cross_entropy_with_logits(outputs, 0.8 * targets + 0.1)
    torch.testing.assert_close(loss_of("binary_cross_entropy")(outputs, targets, label_smoothing=0.2), expected)


@pytest.mark.parametrize("word", [w for w in LOSSES if "values" in module(w).FORMS])
def test_a_regression_loss_refuses_shapes_that_would_broadcast(word: str):
    with pytest.raises(ValueError, match="differ in shape"):
        loss_of(word)(torch.zeros(5, 1), torch.zeros(5))


def test_losses_of_large_logits_stay_finite():
    for word in ("cross_entropy", "binary_cross_entropy"):
        outputs, targets = example(word)
        assert loss_of(word)(outputs * 1e4, targets).isfinite()


def test_the_likelihood_is_the_mean_log_density_turned_round_and_knows_no_chance():
    outputs, nothing = torch.randn(N, 1), torch.zeros(N, 1)
    torch.testing.assert_close(loss_of("likelihood")(outputs, nothing), -outputs.mean())
    half = (torch.arange(N) % 2)[:, None].float()
    torch.testing.assert_close(loss_of("likelihood")(outputs, nothing, cell_weight=half), -outputs[1::2].mean())
    assert math.isnan(module("likelihood").chance(nothing, (1,)))
    with pytest.raises(ValueError, match="differ in shape"):
        loss_of("likelihood")(outputs, nothing[:, 0])


def cells(word: str) -> tuple[Tensor, Tensor, Tensor]:
    """(outputs, targets, what each target counts), with cells where the loss is for masks."""
    outputs, targets = example(word, 10)
    g = torch.Generator().manual_seed(1)
    if word == "dice_cross_entropy":
        outputs, targets = torch.randn(10, K, 4, 5, generator=g), torch.randint(0, K, (10, 4, 5), generator=g)
    return outputs, targets, (torch.rand(targets.shape, generator=g) - 0.3).clamp_min(0)


@pytest.mark.parametrize("word", ALL)
@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("even", [True, False])
def test_ranks_parts_of_it_add_up_to_the_whole_and_have_its_gradients(word: str, weight: Tensor | None, even: bool):
    outputs, targets, counts = cells(word)
    case: Any = SimpleNamespace(
        recipe=Recipe(), device=torch.device("cpu"), network=nn.Identity(),
        loss=partial(loss_of(word), weight=weight, cell_weight=None if even else counts),
    )  # fmt: skip
    whole = outputs.clone().requires_grad_()
    expected = case.loss(whole, targets)
    expected.backward()
    for size in (2, 3, 4, 7):
        own, flat = outputs.clone().requires_grad_(), Flat([nn.Parameter(torch.zeros(1))])
        parts = [forward_of(case, World(rank, size), None, flat)(Batch(own, targets))[1] for rank in range(size)]
        found = torch.stack(parts).sum()
        found.backward()
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(own.grad, whole.grad)
