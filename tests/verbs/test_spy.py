"""What the watching does in a step, counted in calls and not in seconds."""

import math

import pytest
import torch
from torch import nn

from wellfit.verbs.spy import Watcher
from wellfit.verbs.spy.due import DENSE, Due
from wellfit.verbs.spy.recorder import Recorder


def trained(steps: int, each) -> Watcher:
    """A small training under the watcher; each(step) is called before each step."""
    torch.manual_seed(0)
    rows = torch.randn(64, 5)
    network = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    watcher = Watcher(__file__)
    watcher.on_()
    try:
        for step in range(steps):
            each(step)
            x = rows[torch.randint(0, 64, (8,))]
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(x), (x[:, 0] > 0).long()).backward()
            optimizer.step()
    finally:
        watcher.off()
    assert watcher.program.trouble == []
    return watcher


def test_the_watchings_own_calls_and_the_optimizers_never_come_through_the_function_mode(monkeypatch):
    original, busy, off, noted = Recorder.__torch_function__, [], [], []

    def counted(self, func, types, args=(), kwargs=None):
        (busy if self.busy else noted if self.on else off).append(getattr(func, "__name__", ""))
        return original(self, func, types, args, kwargs)

    monkeypatch.setattr(Recorder, "__torch_function__", counted)
    watcher = trained(12, lambda step: busy.clear() if step == 1 else None)  # a network is copied when it is met
    assert len(watcher.program.tapes) == 12
    assert busy == []
    assert off == []
    assert len(noted) < 30 * 12  # the script itself, 21 calls a step


def test_between_samples_no_function_mode_is_on():
    depths = []
    trained(DENSE + 12, lambda step: depths.append(torch._C._len_torch_function_stack()))
    assert set(depths[1:DENSE]) == {1}
    assert sum(depths[DENSE + 1 :]) < 4


def test_a_network_that_fails_inside_leaves_the_watching_as_it_was():
    watcher = Watcher(__file__)
    watcher.on_()
    try:
        weight = torch.ones(3, requires_grad=True)
        optimizer = torch.optim.SGD([weight], lr=0.1)
        with pytest.raises(RuntimeError):
            nn.Linear(3, 2)(torch.ones(4))
        (weight * 2).sum().backward()
        optimizer.step()
    finally:
        watcher.off()
    assert torch._C._len_torch_function_stack() == 0
    assert torch._C._is_torch_function_enabled()
    assert watcher.program.steps == 1


VALUES = [
    torch.randn(300), torch.randn(70, 70), torch.randint(0, 9, (40,)), torch.tensor([True, False, True]),
    torch.tensor([1.0, float("nan"), 3.0]), torch.full((4,), float("inf")), torch.tensor([1e30, -1e30]).repeat(4000),
    torch.arange(9000), torch.randn(20).half(), torch.tensor(2.5),
]  # fmt: skip


@pytest.mark.parametrize("t", VALUES, ids=lambda t: f"{t.dtype}-{t.numel()}".removeprefix("torch."))
def test_a_look_is_what_slow_arithmetic_says(t):
    look, whole = Recorder().look(t, leaf=True), t.double().flatten()
    v = whole[whole.isfinite()]
    assert look.shape == tuple(t.shape)
    assert look.bad_frac == pytest.approx(1 - len(v) / len(whole), abs=1e-6)
    assert look.distinct == (min(len(v[:8192].unique()), 51) if len(v) else None)
    said = (look.low, look.high, look.mean, look.std)
    truth = (v.min(), v.max(), v.mean(), v.std(correction=0)) if len(v) else (None,) * 4
    for a, b in zip(said, truth):
        assert (a is None) == (b is None)
        assert a is None or math.isclose(a, float(b), rel_tol=1e-5, abs_tol=1e-5 * float(v.abs().max()))


def test_evaluations_are_written_down_within_their_share_of_the_run(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("wellfit.verbs.spy.due.perf_counter", lambda: now[0])
    watcher = Watcher(__file__)
    recorder, due = watcher.recorder, Due(watcher.program, watcher.recorder)
    written = 0
    for _ in range(1000):  # 10 s of a run that evaluates every 10 ms, each for 5 ms of ours
        now[0] += 0.01
        if due.evaluation():
            written += 1
            recorder.spent_s += 0.005
            due.evaluated()
    assert 30 <= written <= 100
    assert due.looked_s <= 0.15 + 0.03 * now[0] + 0.005
