"""Laws of wf.watch: the loop's numbers are left alone, the hooks come off, an exception goes on as it is."""

from __future__ import annotations

import json
import linecache
import sys

import pytest
import torch
from torch import nn

import wellfit as wf
from wellfit.jobs import verdict
from wellfit.verbs.spy import tick

HOOKED = (
    (nn.Module, "__call__"), (nn.Module, "__init__"), (nn.Module, "train"), (torch.Tensor, "backward"),
    (torch.optim.Optimizer, "zero_grad"), (torch.utils.data.DataLoader, "__init__"), (nn.init, "normal_"),
)  # fmt: skip


def parts(lr=0.01):
    torch.manual_seed(0)
    x = torch.randn(240, 6)
    y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.8).long()
    net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3))
    return x, y, net, torch.optim.Adam(net.parameters(), lr=lr)


def train(x, y, net, optimizer, clear=True, epochs=8):
    losses = []
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(24):
            if clear:
                optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def test_losses_and_random_numbers_are_those_without_and_the_hooks_come_off():
    before = [getattr(*what) for what in HOOKED]
    bare, drawn = train(*parts()), torch.rand(3)
    for _ in range(2):  # twice in one process
        made = parts()
        with wf.watch(made[2], made[3], quiet=True, budget=1.0) as health:
            watched = train(*made)
        assert watched == bare
        assert torch.equal(torch.rand(3), drawn)
        assert health.status == "healthy"
    assert [getattr(*what) for what in HOOKED] == before
    assert not sys.modules["torch.optim.optimizer"].__dict__["_global_optimizer_post_hooks"]
    assert torch.overrides._get_current_function_mode() is None


def test_finding_names_lines_before_the_block_and_inside_it(capsys, tmp_path):
    with wf.watch(trials=False, json=tmp_path / "found.json") as health:
        train(*parts(), clear=False)
    assert health.findings[0].fault == "zero-grad-missing"
    assert linecache.getline(health.findings[0].file or "", health.findings[0].line or 0).strip() == "loss.backward()"
    assert "zero-grad-missing" in capsys.readouterr().err
    assert json.loads((tmp_path / "found.json").read_text())["status"] == "faulty"
    assert "<pre>" in health._repr_html_()
    x, y, net, optimizer = parts(lr=5.0)
    with wf.watch(net, optimizer, trials=False, quiet=True) as health:
        train(x, y, net, optimizer)
    assert health._watcher is not None
    site = health._watcher.program.optimizers[0].site  # made before the block: looked up in the source
    assert site is not None
    assert "torch.optim.Adam(" in linecache.getline(site.file, site.line)


def breaks():
    train(*parts(), clear=False, epochs=2)
    raise ZeroDivisionError


def test_an_exception_goes_on_untouched_after_the_findings_so_far():
    health = wf.watch(quiet=True)
    with pytest.raises(ZeroDivisionError) as caught, health:
        breaks()
    assert health.findings[0].fault == "zero-grad-missing"
    assert "wellfit" not in {p.name for entry in caught.traceback for p in [entry.path.parent.parent]}
    assert not health._watcher.active  # type: ignore[union-attr]


def test_steps_takes_the_hooks_off_and_leaves_out_what_only_the_end_shows():
    made = parts()
    with wf.watch(steps=20, quiet=True, trials=False) as health:
        assert train(*made) == train(*parts())
        assert nn.Module.__call__.__name__ == "_wrapped_call_impl"
    assert health._watcher is not None
    assert health._watcher.program.steps == 20
    assert not {f.fault for f in health.findings} & verdict.OF_THE_END


def test_what_can_be_said_is_said_while_it_runs(monkeypatch, capsys):
    monkeypatch.setattr(tick, "FIRST_S", 0.0)
    monkeypatch.setattr(tick, "AGAIN", 1.0)  # after every step
    with wf.watch(trials=False) as health:
        train(*parts(), clear=False, epochs=2)
        assert "zero-grad-missing" in {f.fault for f in health.findings}
        said = capsys.readouterr().err
    assert "· step " in said
    assert said.count("zero-grad-missing") == 1


def test_parts_that_nothing_happened_to_are_named():
    _, _, net, optimizer = parts()
    with wf.watch(net, optimizer, quiet=True) as health:
        pass
    assert "no optimizer stepped" in health.report()
    assert "never stepped" in health.report()
    assert "never called" in health.report()


@pytest.mark.parametrize("where", ["examine", "understand", "trials", "conclude", "opinion"])
def test_a_failure_of_the_doctors_is_a_line_of_its_report(where, monkeypatch):
    def broken(*_, **__):
        raise ValueError("out of order")

    monkeypatch.setattr(verdict, where, broken)
    with wf.watch(quiet=True, budget=0.5) as health:
        losses = train(*parts(), epochs=3)
    assert losses == train(*parts(), epochs=3)
    assert "out of order" in health.report()


@pytest.mark.parametrize("where", ["_start", "_meet", "_put_by", "_look_at_backward", "_root_called"])
def test_a_failing_hook_does_not_stop_the_loop(where, monkeypatch):
    from wellfit.verbs.spy import Watcher

    def broken(*_, **__):
        raise ValueError("out of order")

    monkeypatch.setattr(Watcher, where, broken)
    with wf.watch(quiet=True, trials=False):
        losses = train(*parts(), epochs=2)
    assert losses == train(*parts(), epochs=2)
