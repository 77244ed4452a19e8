"""Laws of watching: it keeps its budget, says what it cost, and changes nothing."""

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
from wellfit.nouns.step import Step
from wellfit.verbs import watch as room
from wellfit.verbs.train import train
from wellfit.verbs.watch import Watch


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now, self.asked = 100.0, 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(room, "perf_counter", clock)
    return clock


def step_at(index: int) -> Step:
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x = torch.ones(5, 3)
    outputs = network(x)
    loss = outputs.square().mean()
    loss.backward()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    return Step(index, index / 10, network, optimizer, x, None, outputs, loss, activations={"1": outputs.detach()})


def play(clock: Clock, budget_frac: float, steps: int, *, step_s=lambda i: 1e-3, probe_s=4e-4, first=0) -> tuple:
    """(watch, indices sampled) of a training in which a probe takes probe_s and step i takes step_s(i)."""

    def probe(step: Step) -> float:
        clock.now += probe_s() if callable(probe_s) else probe_s
        return 1.0

    watch = Watch(budget_frac, probes=["loss"])
    watch._probes = [("loss", probe, "")]
    sampled, step = [], step_at(0)
    for index in range(first, first + steps):
        clock.now += step_s(index)
        if index >= watch.next and watch.due(index):
            watch(replace(step, index=index))
            sampled.append(index)
    return watch, sampled


def test_the_first_samples_double_their_distance(clock: Clock):
    _, sampled = play(clock, 0.02, 20)
    assert sampled[:5] == [0, 1, 2, 4, 8]


def test_a_resumed_training_is_sampled_densely_from_where_it_goes_on(clock: Clock):
    _, sampled = play(clock, 0.02, 20, first=500)
    assert sampled[:5] == [500, 501, 502, 504, 508]


@pytest.mark.parametrize("budget_frac", [0.005, 0.02, 0.2])
@pytest.mark.parametrize("probe_s", [1e-4, 1e-3, 3e-2])
def test_watching_stays_in_its_budget(clock: Clock, budget_frac: float, probe_s: float):
    watch, sampled = play(clock, budget_frac, 20_000, probe_s=probe_s)
    spent_s, share = watch.cost()
    assert spent_s == pytest.approx(len(sampled) * probe_s)
    assert share <= budget_frac * 1.01
    assert share >= budget_frac * 0.3 or len(sampled) > 100  # and makes use of it


@pytest.mark.parametrize("step_s", [lambda i: 1e-3 if i > 3000 else 1e-2, lambda i: 1e-2 if i > 3000 else 1e-3])
def test_watching_stays_in_its_budget_when_steps_change_their_pace(clock: Clock, step_s):
    watch, sampled = play(clock, 0.02, 20_000, step_s=step_s)
    assert watch.cost()[1] <= 0.0201
    assert sampled[-1] > 19_000


def test_samples_are_even_even_after_a_slow_first_one(clock: Clock):
    slow = iter([0.05])
    _, sampled = play(clock, 0.02, 20_000, probe_s=lambda: next(slow, 1e-3))
    gaps = np.diff([i for i in sampled if i > 100])
    assert min(gaps) >= 20  # 50 steps at the budget's rate
    assert max(gaps) <= 10_000


def test_with_time_to_spare_samples_are_no_denser_than_anybody_can_use(clock: Clock):
    watch, sampled = play(clock, 0.02, 20_000, step_s=lambda i: 1.0)
    gaps = np.diff([i for i in sampled if i > 2000])
    assert min(gaps) >= 2000 // room.FINEST
    assert len(sampled) < 1500
    assert watch.cost()[1] < 0.001


def test_costs_of_the_loop_are_counted(clock: Clock):
    watch = Watch(0.02, probes=["loss"])
    watch(replace(step_at(0), prepared_s=0.25))
    watch.add_cost(0.5)
    clock.now += 3.0
    assert watch.cost() == pytest.approx((0.75, 0.25))


def test_costs_of_the_loop_widen_the_interval(clock: Clock):
    watch = Watch(0.02, probes=["loss"])
    watch(replace(step_at(0), prepared_s=1.0))
    clock.now += 40.0
    assert not watch.due(1)  # 1 s spent and 1 s to come are 2 % of 100 s
    clock.now += 61.0
    assert watch.due(watch.next)


def test_watching_says_it_cost_nothing_before_it_began():
    assert Watch(0.02).cost() == (0.0, 0.0)


@pytest.mark.parametrize("watch", [Watch(0.0), Watch(0.02, probes=[])], ids=["no budget", "no probes"])
def test_watching_that_is_off_is_never_due(watch: Watch):
    assert not any(watch.due(i) for i in (0, 1, 10**9))
    assert watch.next > 10**12


def test_asking_in_between_does_not_even_read_the_clock(clock: Clock):
    watch, _ = play(clock, 0.02, 100)
    asked = clock.asked
    assert not watch.due(watch.next - 1)
    assert clock.asked == asked


def test_readings_carry_name_step_epoch_and_layer():
    found = Watch(0.02)(step_at(30))
    assert {(r.step, r.epoch) for r in found} == {(30, 3.0)}
    assert {r.where for r in found if r.name == "grad_norm"} == {"0", "2"}
    assert [r.where for r in found if r.name == "loss"] == [""]


def test_only_the_probes_that_are_named_measure():
    found = Watch(0.02, probes=["loss", "dead_frac"])(step_at(0))
    assert {r.name for r in found} == {"loss", "dead_frac"}


def test_watching_draws_no_random_numbers():
    step = step_at(0)
    before = torch.get_rng_state()
    watch = Watch(0.02)
    watch.due(0)
    watch(step)
    assert torch.equal(torch.get_rng_state(), before)


def case_of() -> Case:
    torch.manual_seed(3)
    x = torch.randn(90, 5)
    split = Split(x, (x[:, 0] > 0).long(), np.arange(90))
    raw = Raw("made", "array", x.numpy())
    data = Data(raw, "classification", split, split, split, None, (5,), (2,), ("a", "b"))  # type: ignore[arg-type]
    network = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))
    choices = {
        "training.optimizer": "adamw",
        "training.lr": 1e-2,
        "training.l2": 1e-2,
        "training.schedule": "cosine",
        "training.batch_size": 16,
        "training.epochs": 3,
        "training.patience": 0,
        "training.loss": "cross_entropy",
    }
    return Case(Recipe.of(choices), data, network, partial(cross_entropy), torch.device("cpu"))


@pytest.mark.parametrize("budget_frac", [0.02, 0.5])
def test_training_is_bitwise_the_same_with_and_without_watching(budget_frac: float):
    plain, watched = case_of(), case_of()
    list(train(plain))
    watch, n = Watch(budget_frac), 0
    for moment in train(watched, due=watch.due):
        if isinstance(moment, Step):
            n += len(watch(moment))
    assert n > 0
    for (name, a), b in zip(plain.network.state_dict().items(), watched.network.state_dict().values()):
        assert torch.equal(a, b), name
