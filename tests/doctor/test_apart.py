"""Laws of what looks like a fault and is meant so: frozen parts in eval mode, row numbers as targets, answers of which a
part is taken; beside each the twin that is a fault."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

FROZEN = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(300, 6)
y = (x[:, 0] * x[:, 1] > 0).long()
body = nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.1))
net = nn.Sequential(body, nn.Linear(32, 2))
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
def fit(epochs):
    for _ in range(epochs):
        for rows in torch.randperm(300).split(30):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
fit(3)
body.requires_grad_(False)
body.eval()
fit(6)
"""
MATCHED = """
import torch
from torch import nn
torch.manual_seed(0)
left = torch.randn(480, 6)
right = left @ torch.randn(6, 5)
one, other = nn.Linear(6, 8), nn.Linear(5, 8)
optimizer = torch.optim.Adam([*one.parameters(), *other.parameters()], lr=0.01)
def score(rows):
    return one(left[rows]) @ other(right[rows]).T
for epoch in range(6):
    for rows in torch.randperm(400).split(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(score(rows), torch.arange(40)).backward()
        optimizer.step()
    with torch.no_grad():
        right_ones = [(score(r).argmax(1) == torch.arange(40)).float().mean() for r in torch.arange(400, 480).split(40)]
"""
SERIES = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(600, 5)
y = x.cumsum(0)[:, :1] / 20
net = nn.Linear(5, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(6):
    for rows in torch.arange(450).split(30):
        optimizer.zero_grad()
        loss = ((net(x[rows]) - y[rows]) ** 2).mean()
        loss.backward()
        optimizer.step()
def answers(data):
    with torch.no_grad():
        return net(data)
guess = answers(x)
print(((guess[450:] - y[450:]) ** 2).mean())
"""
LEAK = SERIES.replace("guess[450:] - y[450:]", "guess - y[100:]").replace("answers(x)", "answers(x[100:])")
MEANT = {  # name -> clue, program, the same as a fault
    "frozen part": ("mode_wrong", FROZEN, FROZEN.replace("body.requires_grad_(False)\n", "")),
    "row numbers as targets": ("augmentation_unsuitable", MATCHED, None),
    "part of the answers": ("data_leak", SERIES, LEAK),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant_so_is_left_in_peace(name, tmp_path):
    clue, text, _ = MEANT[name]
    assert said(text, tmp_path, [clue]) == []


@pytest.mark.parametrize("name", [n for n, m in MEANT.items() if m[2]])
def test_its_twin_is_a_fault(name, tmp_path):
    clue, _, faulty = MEANT[name]
    assert [f.fault for f in said(faulty, tmp_path, [clue])] == [clue.replace("_", "-")]


PROBE = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(300, 6)
y = (x[:, 0] * x[:, 1] > 0).long()
body = nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 6))
optimizer = torch.optim.SGD(body.parameters(), lr=0.1)
for epoch in range(3):
    for rows in torch.randperm(300).split(30):
        optimizer.zero_grad()
        (body(x[rows]) - x[rows]).square().mean().backward()
        optimizer.step()
body.eval().requires_grad_(False)
features = body(x)
probe = nn.Linear(6, 2)
optimizer = torch.optim.Adam(probe.parameters(), lr=0.01)
for step in range(60):
    optimizer.zero_grad()
    nn.functional.cross_entropy(probe(features), y).backward()
    optimizer.step()
"""
FOLDS = """
import torch
from sklearn.datasets import load_wine
from torch import nn
torch.manual_seed(0)
x, y = load_wine(return_X_y=True)
x = torch.tensor((x - x.mean(0)) / x.std(0), dtype=torch.float32)
y = torch.tensor(y)
folds = torch.randperm(len(x)).split(36)
for k, held in enumerate(folds):
    rest = torch.cat([f for i, f in enumerate(folds) if i != k])
    net = nn.Linear(13, 3)
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=30, line_search_fn="strong_wolfe")
    def closure():
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rest]), y[rest])
        loss.backward()
        return loss
    optimizer.step(closure)
    with torch.no_grad():
        print((net(x[held]).argmax(1) == y[held]).float().mean())
"""


@pytest.mark.parametrize(("clue", "text"), [("mode_wrong", PROBE), ("data_leak", FOLDS)])
def test_probes_and_folds_are_left_in_peace(clue, text, tmp_path):
    assert said(text, tmp_path, [clue]) == []


MEAN = """
import torch
from torch import nn
torch.manual_seed(0)
data = torch.rand(320, 16) @ torch.randn(16, 32)
mean = data.mean(0)
net = nn.Sequential(nn.Linear(32, 48), nn.Tanh(), nn.Linear(48, 32))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(4):
    for rows in torch.randperm(320).split(32):
        x = data[rows]
        optimizer.zero_grad()
        (net(x - mean) + mean - x).square().mean().backward()
        optimizer.step()
"""


def test_average_as_long_as_a_batch_is_no_target(tmp_path):
    assert said(MEAN, tmp_path, ["labels_misaligned"]) == []
