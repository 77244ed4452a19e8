"""Tiny training programs, each healthy and with one line changed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

from wellfit.jobs.doctor import Wanted
from wellfit.jobs.doctor import doctor as played

HEALTHY = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(480, 6)
y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.8).long()
net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 3))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(16):
    for rows in torch.randperm(len(x)).split(24):
        optimizer.zero_grad()
        loss = loss_fn(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    print(epoch, repr(loss.item()))
"""

VALUES = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(400, 4)
y = x @ torch.tensor([1.0, -2.0, 0.5, 0.0])
net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(12):
    for rows in torch.randperm(len(x)).split(20):
        loss = nn.functional.mse_loss(net(x[rows]).squeeze(1), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, repr(loss.item()))
"""

PAIRS = {  # fault -> healthy program, what is replaced, by what
    "zero-grad-missing": (HEALTHY, "        optimizer.zero_grad()\n", ""),
    "gradients-cleared": (HEALTHY, "loss.backward()\n", "loss.backward()\n        optimizer.zero_grad()\n"),
    "step-missing": (HEALTHY, "        optimizer.step()\n", ""),
    "output-activation-unsuitable": (HEALTHY, "nn.Linear(32, 3))", "nn.Linear(32, 3), nn.Softmax(1))"),
    "shape-broadcast": (VALUES, ".squeeze(1)", ""),
    "data-not-shuffled": (HEALTHY, "torch.randperm(len(x))", "y.argsort()"),
    "lr-too-high": (HEALTHY, "lr=0.01", "lr=5.0"),
    "parameters-missing": (HEALTHY, "net.parameters(), lr=0.01", "net[2].parameters(), lr=0.01"),
}


def run(text: str, folder: Path, *options: str, doctor: bool = True) -> tuple[subprocess.CompletedProcess[str], dict]:
    """The program run bare or under the doctor; what it gave, and the doctor's JSON."""
    script, out = folder / "train.py", folder / "out.json"
    script.write_text(text)
    front = ["-m", "wellfit.jobs.doctor", "--json", str(out), *options] if doctor else []
    done = subprocess.run(
        [sys.executable, *front, str(script)], capture_output=True, text=True, cwd=folder, timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    return done, json.loads(out.read_text()) if out.exists() else {}


def asked(text: str, folder: Path, budget_s: float | None = None) -> dict:
    """The doctor's JSON about a program, played in this process: a process of its own costs two seconds more, so that is
    for tests of what a process alone shows (exit status, output, signals)."""
    script, out = folder / "train.py", folder / "out.json"
    script.write_text(text)
    quiet = (contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()))
    with warnings.catch_warnings(), quiet[0], quiet[1]:
        warnings.simplefilter("ignore")  # the faulty programs earn torch's own
        played(str(script), [], Wanted(out=out, budget_s=budget_s))
    return json.loads(out.read_text())


def first_asked(fault: str, text: str, folder: Path, *budgets_s: float) -> dict:
    """The same with the first of these budgets with which this fault is named first: a busy machine tries less in the same
    time."""
    said: dict = {}
    for budget_s in budgets_s:
        said = asked(text, folder, budget_s)
        if said["status"] == "faulty" and said["findings"][0]["fault"] == fault:
            break
    return said
