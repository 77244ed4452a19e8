"""No memory for a step: it is done again in parts, to the result of the whole batch, and a person is told."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import wellfit as wf
from wellfit.nouns.errors import RoomError
from wellfit.nouns.room import PARTS, halved, short_of_memory
from wellfit.views.terminal import refusals

CPU = "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
CHOICES = {"training.epochs": 3, "training.batch_size": 24, "training.lr": 0.01, "training.threads": 1}


class Small(nn.Module):
    """A network that has room for so many rows at once while gradients are wanted."""

    def __init__(self, room: int, norm: bool = False, error: Exception | None = None):
        super().__init__()
        torch.manual_seed(1)
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16) if norm else nn.Tanh(), nn.Linear(16, 3))
        self.room, self.error = room, error or RuntimeError(CPU)
        self.most = 0

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled() and self.training and len(x) > self.room:
            raise self.error
        self.most = max(self.most, len(x)) if torch.is_grad_enabled() else self.most
        return self.layers(x)


class Recorded(Small):
    """One that passes for a network of the shelf, whose steps are recorded and played: memory ends at its ninth step."""

    __module__ = "wellfit.networks.made"

    def __init__(self, room: int):
        super().__init__(1000)
        self.later, self.calls = room, 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += len(x) == CHOICES["training.batch_size"] and self.training and torch.is_grad_enabled()
        self.room = self.later if self.calls > 8 else 1000
        return super().forward(x)


def fitted(network: nn.Module, **choices) -> wf.Fitted:
    return wf.fit("iris", network=network, force=True, **{**CHOICES, **choices})


def weights(run: wf.Fitted) -> Tensor:
    return torch.cat([p.detach().flatten() for p in run.model.network.parameters()])


@pytest.mark.parametrize(
    "error", [RuntimeError(CPU), torch.OutOfMemoryError("CUDA out of memory. Tried to"), MemoryError()]
)
def test_a_batch_that_finds_no_memory_is_halved_to_the_result_of_the_whole(error: Exception, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole, parts = fitted(Small(1000)), fitted(Small(7, error=error))
    torch.testing.assert_close(weights(parts), weights(whole), rtol=1e-4, atol=1e-6)
    said = [f for f in parts.findings if f.fault == "out-of-memory"]
    assert [f.severity for f in said] == ["info"]
    assert "24 rows found no memory; it was run in 4 parts" in said[0].summary
    assert said[0].change == {"training.accumulate": 4}
    assert not any(f.fault == "out-of-memory" for f in whole.findings)
    assert set(parts.curves[PARTS].values) == {4.0}  # type: ignore[union-attr]


def test_memory_may_end_while_a_step_is_recorded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    whole, parts = fitted(Recorded(1000)), fitted(Recorded(7))
    torch.testing.assert_close(weights(parts), weights(whole), rtol=1e-4, atol=1e-6)
    assert any(f.fault == "out-of-memory" for f in parts.findings)


def test_with_batch_norm_it_is_said_that_the_result_is_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = next(f for f in fitted(Small(7, norm=True)).findings if f.fault == "out-of-memory")
    assert said.severity == "warning"
    assert "batch norm took its means over 6 rows instead of 24" in said.evidence


@pytest.mark.parametrize("lr", [0.01, "auto"])
def test_no_memory_for_a_single_row_is_a_clear_stop(lr: float | str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RoomError) as stop:
        fitted(Small(0), **{"training.lr": lr})
    asked, found, do = str(stop.value).splitlines()
    assert "a training step of 1 row in a network of 131 parameters" in asked
    assert "can't allocate memory" in found
    assert "smaller network" in do


def test_another_error_is_none_of_memory():
    assert not short_of_memory(RuntimeError("shapes cannot be multiplied"))
    assert not short_of_memory(ValueError("out of memory"))
    assert refusals.in_words(RuntimeError("shapes cannot be multiplied")) is None
    assert "allocate" in refusals.in_words(RuntimeError(CPU)).found  # type: ignore[union-attr]
    assert halved(None, {}, ()) is None
