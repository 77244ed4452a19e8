"""Trainings without an optimizer: the script moves its weights itself, in one of several ways."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest
import torch

from wellfit.jobs.doctor import Wanted, doctor

BEFORE = """import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
x = torch.randn(640, 6)
y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).long()
w1 = (torch.randn(6, 24) / 6**0.5).requires_grad_()
b1 = torch.zeros(24, requires_grad=True)
w2 = (torch.randn(24, 2) / 24**0.5).requires_grad_()
weights = [w1, b1, w2]
velocity = [torch.zeros_like(w) for w in weights]
rate = 0.2
for step in range(160):
    rows = torch.arange(32) + 32 * (step % 20)
    loss = F.cross_entropy(torch.tanh(x[rows] @ w1 + b1) @ w2, y[rows])
"""
IN_PLACE = """    loss.backward()
    with torch.no_grad():
        for w in weights:
            w -= rate * w.grad
            w.grad = None
"""
BY_DATA = """    loss.backward()
    for w in weights:
        w.data.add_(w.grad.data, alpha=-rate)
        w.grad.zero_()
"""
BY_GRAD = """    gradients = torch.autograd.grad(loss, weights)
    with torch.no_grad():
        for w, g in zip(weights, gradients):
            w.sub_(rate * g)
"""
MOMENTUM = """    loss.backward()
    with torch.no_grad():
        for w, v in zip(weights, velocity):
            v.mul_(0.8).add_(w.grad + 0.01 * w)
            w -= 0.05 * v
            w.grad = None
"""
OTHER = """    loss.backward()
    with torch.no_grad():
        for w in weights:
            w -= 0.01 * w.grad.sign()
            w.grad = None
"""
AFTER = """print(f"metric: loss {loss.item():.9f}")
"""


def seen(text: str, folder: Path, budget_s: float = 0.0):
    """(program, the doctor's JSON, what the script printed)."""
    script, out, said = folder / "train.py", folder / "out.json", io.StringIO()
    script.write_text(text)
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        watcher = doctor(str(script), [], Wanted(out=out, budget_s=budget_s))
    return watcher.program, json.loads(out.read_text()), said.getvalue()


@pytest.mark.parametrize("way", [IN_PLACE, BY_DATA, BY_GRAD], ids=["in place", "data", "autograd.grad"])
def test_plain_descent_by_hand_is_followed_with_its_rate(way, tmp_path):
    program, said, _ = seen(BEFORE + way + AFTER, tmp_path)
    main = program.main
    assert main is not None
    assert main.by_hand
    assert main.kind == "SGD"
    assert main.lr == pytest.approx(0.2, rel=1e-3)
    assert program.steps >= 155
    line = (BEFORE + way).splitlines()[main.site.line - 1]
    assert ("rate" in line and "-" in line) or "sub_" in line
    assert not program.trouble
    assert [f for f in said["findings"] if f["severity"] != "info"] == []


def test_momentum_and_decay_by_hand_are_measured(tmp_path):
    main = seen(BEFORE + MOMENTUM + AFTER, tmp_path)[0].main
    group = main.optimizer.param_groups[0]
    assert group["lr"] == pytest.approx(0.05, rel=0.01)
    assert group["momentum"] == pytest.approx(0.8, rel=0.01)
    assert group["weight_decay"] == pytest.approx(0.01, rel=0.3)  # a small part of each move


def test_a_rule_that_is_no_descent_is_not_taken_for_one(tmp_path):
    program, said, _ = seen(BEFORE + OTHER + AFTER, tmp_path)
    assert program.main is None
    assert program.backwards == 160
    assert not program.trouble
    assert said["findings"] == []


@pytest.mark.parametrize("way", [IN_PLACE, BY_DATA, BY_GRAD, MOMENTUM])
def test_what_the_script_computes_is_left_alone(way, tmp_path):
    bare = io.StringIO()
    with contextlib.redirect_stdout(bare):
        exec(compile(BEFORE + way + AFTER, "bare", "exec"), {"__name__": "bare"})
    assert seen(BEFORE + way + AFTER, tmp_path)[2] == bare.getvalue()


def test_faults_of_a_training_by_hand_are_named_at_their_lines(tmp_path):
    kept = BEFORE + IN_PLACE.replace("            w.grad = None\n", "") + AFTER
    _, said, _ = seen(kept, tmp_path)
    assert said["findings"][0]["fault"] == "zero-grad-missing"
    slow = (BEFORE + IN_PLACE + AFTER).replace("rate = 0.2", "rate = 0.00002")
    _, said, _ = seen(slow, tmp_path, 10.0)
    assert (said["status"], said["findings"][0]["fault"]) == ("faulty", "lr-too-low")
    assert torch.is_grad_enabled()
