"""Laws of the training loop."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from wellfit.losses.cross_entropy import cross_entropy
from wellfit.nouns import quick
from wellfit.nouns.case import Case
from wellfit.nouns.data import Data, Raw, Split
from wellfit.nouns.recipe import Recipe
from wellfit.nouns.step import Rest, Step
from wellfit.nouns.tempo import Tempo
from wellfit.verbs.train import train
from wellfit.verbs.watch import Watch

CHOICES = {
    "network.dropout": 0.2,
    "training.optimizer": "adamw",
    "training.lr": 1e-2,
    "training.l2": 1e-2,
    "training.schedule": "cosine",
    "training.batch_size": 16,
    "training.epochs": 4,
    "training.patience": 0,
    "training.loss": "cross_entropy",
}


def case_of(n: int = 100, **choices) -> Case:
    """A small classification with dropout and batch norm, the same at each call."""
    torch.manual_seed(3)
    x = torch.randn(n, 5)
    y = (x[:, 0] + 0.5 * torch.randn(n) > 0).long()
    split = Split(x, y, np.arange(n))
    raw = Raw("made", "array", x.numpy())
    data = Data(raw, "classification", split, split, split, None, (5,), (2,), ("a", "b"))  # type: ignore[arg-type]
    network = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
    recipe = Recipe.of({**CHOICES, **choices})
    return Case(recipe, data, network, partial(cross_entropy), torch.device("cpu"))


def weights(case: Case) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in case.network.state_dict().values()])


def run(case: Case, **options) -> list[Step | Rest]:
    return list(train(case, **options))


OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
SCHEDULES = ("constant", "linear", "exponential", "cosine", "inverse_sqrt", "plateau")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_seeded_runs_repeat_bit_for_bit_whatever_the_optimizer(optimizer: str):
    a, b = (case_of(**{"training.optimizer": optimizer}) for _ in range(2))
    run(a), run(b)
    assert torch.equal(weights(a), weights(b))


def test_another_seed_gives_another_training():
    a, b = case_of(), case_of(**{"training.seed": 1})
    run(a), run(b)
    assert not torch.equal(weights(a), weights(b))


def test_watching_changes_nothing():
    a, b = case_of(), case_of()
    run(a), run(b, due=lambda index: True)
    assert torch.equal(weights(a), weights(b))


def test_steps_that_are_played_are_watched_with_the_same_readings(monkeypatch):
    """A watched step is an ordinary one; what it shows of the steps between must be the same to the last bit."""
    found = []
    for before in (quick.BEFORE, 10**9):
        monkeypatch.setattr(quick, "BEFORE", before)
        watch, seen, made = Watch(0.02), [], []
        keep = lambda *given, made=made: made.append(quick.Quick(*given)) or made[-1]
        monkeypatch.setattr("wellfit.verbs.train.Quick", keep)
        for moment in train(case_of(), due=lambda index: index % 7 == 0):
            seen += watch(moment) if isinstance(moment, Step) else moment.readings
        found.append([(r.name, r.step, r.where, r.value) for r in seen if r.name != "examples_s"])
        assert bool(made[0].played_steps) == (before < 10**9)
    assert found[0] == found[1]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("decay_by", ["rate", "batch"])
def test_a_resumed_training_ends_where_the_unbroken_one_ends(schedule: str, decay_by: str):
    choices = {"training.schedule": schedule, "training.decay_by": decay_by}
    whole = case_of(**choices)
    states = [m.state() for m in train(whole, rest=lambda: True) if isinstance(m, Rest) and not m.why_stop]
    for state in states[:: max(1, len(states) // 4)]:
        again = case_of(**choices)
        run(again, state=state)
        assert torch.equal(weights(again), weights(whole))


def test_a_checkpoint_is_untouched_by_the_training_that_goes_on():
    case = case_of()
    moments = train(case, rest=lambda: True)
    rest = next(m for m in moments if isinstance(m, Rest))
    state = rest.state()
    before = {k: v.clone() for k, v in state["tensors"].items()}
    for _ in moments:
        pass
    assert all(torch.equal(before[k], v) for k, v in state["tensors"].items())


def test_the_global_random_state_is_put_back():
    torch.manual_seed(7)
    before = torch.get_rng_state()
    case = case_of()
    torch.set_rng_state(before)
    run(case)
    assert torch.equal(torch.get_rng_state(), before)


def test_leaving_keeps_the_best_weights_so_far():
    case = case_of(**{"training.epochs": 30, "training.lr": 0.5, "training.schedule": "constant"})
    best, kept = float("inf"), weights(case)
    for moment in train(case):
        if isinstance(moment, Rest):
            loss = next(r.value for r in moment.readings if r.name == "valid_loss")
            assert moment.best == (loss < best)
            if loss < best:
                best, kept = loss, weights(case).clone()
            if moment.epoch == 20:
                break
    assert torch.equal(weights(case), kept)


def test_patience_stops_after_that_many_epochs_without_a_better_loss():
    case = case_of(
        **{"training.lr": 2.0, "training.epochs": 60, "training.patience": 3, "training.schedule": "constant"}
    )
    rests = [m for m in run(case) if isinstance(m, Rest)]
    assert rests[-1].why_stop == "patience"
    assert len(rests) < 60
    assert [m.best for m in rests[-4:]] == [True, False, False, False]


def test_a_loss_that_is_not_finite_ends_the_training():
    case = case_of(**{"training.optimizer": "sgd", "training.lr": 1e30, "training.schedule": "constant"})
    rests = [m for m in run(case) if isinstance(m, Rest)]
    assert rests[-1].why_stop == "not finite"


def test_steps_are_the_moment_between_backward_and_the_optimizers_step():
    case = case_of()
    initial = weights(case).clone()
    for moment in itertools.islice(train(case, due=lambda index: True), 1):
        assert isinstance(moment, Step)
        assert torch.equal(weights(case)[:40], initial[:40])
        assert all(p.grad is not None for p in case.network.parameters())
        assert list(moment.activations) == ["0", "1", "2", "3", "4"]
        assert moment.activations["4"].shape == moment.outputs.shape == (16, 2)


def test_weights_before_are_those_of_one_update_ago():
    case, last = case_of(), {}
    for moment in train(case, due=lambda index: True):
        if isinstance(moment, Step):
            for name, was in moment.weights_before.items():
                assert torch.equal(was, last[name])
            assert bool(moment.weights_before) == (moment.index > 0)
            last = {n: p.detach().clone() for n, p in case.network.named_parameters()}


def test_only_sampled_steps_are_handed_out():
    steps = [m.index for m in train(case_of(), due=lambda index: index % 5 == 0) if isinstance(m, Step)]
    assert steps == list(range(0, 28, 5))


def test_the_loop_equals_a_hand_written_one():
    case = case_of(**{"training.schedule": "constant", "training.warmup_frac": 0.0, "training.epochs": 2})
    case.network.eval()
    twin = case_of().network
    optimizer = torch.optim.AdamW(twin.parameters(), lr=1e-2, betas=(0.9, 0.999), weight_decay=0.0)
    case = Case(Recipe.of({"training.l2": 0.0}, case.recipe), case.data, case.network, case.loss, case.device)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for epoch in range(2):
            order = torch.randperm(100, generator=torch.Generator().manual_seed(epoch))
            twin.train()
            for rows in order.split(16):
                loss = nn.functional.cross_entropy(twin(case.data.train.x[rows]), case.data.train.y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    for moment in train(case):
        end = {k: v.clone() for k, v in case.network.state_dict().items()}
        assert isinstance(moment, Rest)
    for name, value in twin.state_dict().items():
        torch.testing.assert_close(end[name], value, rtol=1e-4, atol=1e-5)


def test_an_l1_penalty_adds_the_sign_of_the_weights_to_the_gradient():
    case = case_of(
        **{
            "training.l1": 0.1,
            "training.optimizer": "sgd",
            "training.momentum": 0.0,
            "training.l2": 0.0,
            "training.lr": 1.0,
        }
        | {"training.schedule": "constant", "training.warmup_frac": 0.0}
    )
    moments = train(case, due=lambda index: True)
    first = next(moments)
    assert isinstance(first, Step)
    w = case.network[0].weight  # type: ignore[index]
    expected = w.detach() - w.grad - 0.1 * w.detach().sign()
    next(moments)
    torch.testing.assert_close(w.detach(), expected)


def test_clipping_bounds_the_norm_of_the_update():
    case = case_of(
        **{"training.clip": 1e-3, "training.optimizer": "sgd", "training.momentum": 0.0, "training.l2": 0.0}
        | {"training.lr": 1.0, "training.schedule": "constant", "training.warmup_frac": 0.0}
    )
    before = None
    for moment in train(case, due=lambda index: True):
        if isinstance(moment, Step):
            now = torch.cat([p.detach().flatten() for p in case.network.parameters()])
            if before is not None:
                assert (now - before).norm() <= 1.001e-3
            before = now


def test_a_growing_batch_stands_in_for_a_falling_rate():
    """arXiv:1711.00489: rate over batch size follows the schedule, whichever of the two moves."""
    by_batch = Tempo(case_of(2000, **{"training.decay_by": "batch", "training.epochs": 20}).recipe.training, 2000)
    by_rate = Tempo(case_of(2000, **{"training.epochs": 20}).recipe.training, 2000)
    for epoch in range(2, 20):
        batch = by_batch.batch(epoch, 0)
        noise = by_batch.rate(epoch * 2000, batch, 0) / batch
        assert noise == pytest.approx(by_rate.rate(epoch * 2000, 16, 0) / 16, rel=0.05)
    assert by_batch.batch(0, 0) == 16
    assert by_batch.batch(19, 0) == 200
    assert by_rate.batch(19, 0) == 16


def test_the_rate_warms_up_to_its_peak():
    pace = Tempo(case_of(**{"training.warmup_frac": 0.5, "training.schedule": "constant"}).recipe.training, 100)
    rates = [pace.rate(seen, 16, 0) for seen in range(0, 400, 20)]
    assert rates == sorted(rates)
    assert rates[0] < 1e-3
    assert rates[-1] == pytest.approx(1e-2)


def test_a_lone_last_example_is_left_for_another_epoch():
    steps = [m for m in train(case_of(97), due=lambda index: True) if isinstance(m, Step)]
    assert min(len(s.inputs) for s in steps) > 1
