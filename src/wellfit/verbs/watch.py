"""Watch: measures Steps with the probes of the shelf, times itself, and keeps to its budget of time."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import perf_counter

import torch
from torch import nn

from wellfit.nouns import shelf
from wellfit.nouns.awake import compiler_asleep
from wellfit.nouns.reading import Reading
from wellfit.nouns.step import Step

GRACE_S = 0.005
"""What the dense first samples may take ahead of the budget; at 2 % it is made good within 0.25 s."""
DENSE = 16
"""Steps in which samples double their distance: 0, 1, 2, 4, 8, 16."""
FINEST = 200
"""Later samples lie at least 1/200 of the steps so far apart: more than a chart or a rule can use."""
NEVER = sys.maxsize


class Watch:
    """Samples of a training within a budget: `if watch.due(index): readings = watch(step)`.

    budget_frac: share of elapsed time that watching may take, 0 = never; probes: words of the shelf (all of it
    by default); next: the first step that may be sampled, so that a hot loop can compare by itself and need not
    ask `due`. It draws no random numbers and writes nothing to the network: training is the same without it.
    """

    def __init__(self, budget_frac: float, probes: Iterable[str] | None = None):
        self.budget_frac = budget_frac
        words = shelf.names("probes") if probes is None else tuple(probes)
        self._probes = [(w, shelf.get("probes", w), getattr(shelf.module("probes", w), "UNIT", "")) for w in words]
        self.next = 0 if budget_frac > 0 and self._probes else NEVER
        self._start_s = self._first = -1.0  # clock and index at the first sample
        self._spent_s = self._spent_before_s = self._sample_s = 0.0
        if self.next == 0:
            self._warm_up()

    def due(self, index: int) -> bool:
        """Shall step `index` be sampled? Nearly free below `next`; from there on the clock decides."""
        if index < self.next:
            return False
        if self._start_s < 0:
            return True
        short_s = self._short_s(index)
        if short_s <= 0:
            return True
        self._postpone(index, short_s)
        return False

    def __call__(self, step: Step) -> tuple[Reading, ...]:
        """Readings of every probe at this step."""
        begin = perf_counter()
        if self._start_s < 0:
            self._start_s, self._first = begin, step.index
        with torch.no_grad():
            found = [r for word, probe, unit in self._probes for r in _readings(word, probe, unit, step)]
        self._spent_s += perf_counter() - begin + step.prepared_s
        self._plan(step.index)
        return tuple(found)

    def add_cost(self, seconds: float) -> None:
        """Count seconds that the loop spent for a sample's sake (hooks, copies of weights)."""
        self._spent_s += seconds

    def cost(self) -> tuple[float, float]:
        """(seconds spent on watching, their share of the time elapsed since the first sample began)."""
        if self._start_s < 0:
            return 0.0, 0.0
        return self._spent_s, self._spent_s / max(perf_counter() - self._start_s, self._spent_s, 1e-9)

    def _warm_up(self) -> None:
        """Probe a toy step, lest what torch does at first use (some 20 ms) be taken for a sample's price."""
        with torch.random.fork_rng(devices=[]):  # `skip_init` would draw nothing, but load PyTorch's meta kernels
            linear, x = nn.Linear(1, 1), torch.zeros(1, 1)
        network = nn.Sequential(linear, nn.ReLU(), nn.Tanh())
        for parameter in network.parameters():
            parameter.data, parameter.grad = torch.zeros_like(parameter), torch.zeros_like(parameter)
        before = {name: p.detach() for name, p in network.named_parameters()}
        with compiler_asleep():
            optimizer = torch.optim.SGD(network.parameters(), lr=0.0)
        seen = {"0": x, "1": x, "2": x}
        toy = Step(0, 0.0, network, optimizer, x, x, x, x.sum(), activations=seen, weights_before=before)
        for word, probe, unit in self._probes:
            with torch.no_grad(), suppress(Exception):  # a stranger's probe may want more than the toy has
                _readings(word, probe, unit, toy)

    def _short_s(self, index: int) -> float:
        """Seconds to wait until another sample is within the budget (or within the grace of the first ones)."""
        then_s = self._spent_s + self._sample_s
        if then_s <= GRACE_S and index - self._first <= DENSE:
            return 0.0
        return then_s / self.budget_frac - (perf_counter() - self._start_s)

    def _plan(self, index: int) -> None:
        """After a sample: what one costs (the last two, evenly), and where the next may lie."""
        last_s, self._spent_before_s = self._spent_s - self._spent_before_s, self._spent_s
        self._sample_s = (self._sample_s + last_s) / 2 if self._sample_s else last_s
        done = index - int(self._first)
        if done < DENSE:
            self.next = index + max(1, done)
            return
        self._postpone(index, self._short_s(index + 1))
        even = self._sample_s / self.budget_frac / self._step_s(index)  # steps between samples at the budget's rate
        self.next = max(self.next, index + max(1, done // FINEST, int(even / 2)))  # saved time is not spent in a rush

    def _postpone(self, index: int, seconds: float) -> None:
        """Move `next` by about `seconds` of steps, at most to twice the steps so far: steps may slow down."""
        done = index - int(self._first)
        self.next = index + max(1, min(math.ceil(seconds / self._step_s(index)), max(done, 1)))

    def _step_s(self, index: int) -> float:
        """Seconds a step has taken on average."""
        return max((perf_counter() - self._start_s) / max(index - self._first, 1), 1e-9)


def _readings(word: str, probe: Callable, unit: str, step: Step) -> list[Reading]:
    found = probe(step)
    if isinstance(found, dict):
        return [Reading(word, value, step.index, step.epoch, where, unit) for where, value in found.items()]
    return [Reading(word, found, step.index, step.epoch, "", unit)]
