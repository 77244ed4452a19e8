"""Facts of data, modes and chains: what is named at its line, and the same programs without it, about which nothing is said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import asked, first_asked

RARE = """import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

torch.manual_seed(0)
x = torch.randn(3000, 5)
y = (1.6 * x[:, 0] + x[:, 1] + 1.2 * torch.randn(3000) > 4.2).long()
weights = (1 / torch.bincount(y))[y]
sampler = WeightedRandomSampler(weights, 1500)
net = nn.Sequential(nn.Linear(5, 24), nn.ReLU(), nn.Linear(24, 2))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(16):
    for fed, label in DataLoader(TensorDataset(x, y), batch_size=30, sampler=sampler):
        opt.zero_grad()
        nn.functional.cross_entropy(net(fed), label).backward()
        opt.step()
"""
TRACKS = """import torch
from torch import nn
from torch.utils.data import DataLoader

torch.manual_seed(0)


def track():
    turn, n = torch.rand(()) < 0.5, int(torch.randint(12, 24, ()))
    angle = torch.arange(n) * 0.7 + 6 * torch.rand(())
    return torch.stack([angle.cos(), angle.sin() if turn else angle.cos()], 1), int(turn)


def collate(pairs):
    pairs = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)
    tracks = [t for t, _ in pairs]
    turns = torch.tensor([turn for _, turn in pairs])
    return nn.utils.rnn.pad_sequence(tracks, batch_first=True), turns


net, head = nn.GRU(2, 12, batch_first=True), nn.Linear(12, 2)
opt = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=0.01)
pairs = [track() for _ in range(400)]
for epoch in range(6):
    for tracks, turns in DataLoader(pairs, batch_size=20, shuffle=True, collate_fn=collate):
        opt.zero_grad()
        nn.functional.cross_entropy(head(net(tracks)[0].mean(1)), turns).backward()
        opt.step()
"""
FROZEN = """import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(600, 6)
y = (x[:, :1] + x[:, 1:2] * x[:, 2:3])
body, head = nn.Sequential(nn.Linear(6, 24), nn.BatchNorm1d(24), nn.ReLU()), nn.Linear(24, 1)


def fit(weights, epochs):
    opt = torch.optim.Adam(weights, lr=0.01)
    for epoch in range(epochs):
        for rows in torch.randperm(600).split(30):
            opt.zero_grad()
            nn.functional.mse_loss(head(body(x[rows])), y[rows]).backward()
            opt.step()


fit([*body.parameters(), *head.parameters()], 6)
body.requires_grad_(False)
body.eval()
fit(head.parameters(), 10)
"""
SIGNS = """import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(800, 6)
y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).float() * 2 - 1
net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(12):
    for rows in torch.randperm(800).split(40):
        opt.zero_grad()
        (1 - y[rows] * net(x[rows])[:, 0]).clamp(min=0).pow(2).mean().backward()
        opt.step()
"""
CASES = {
    "a sampler of equal weights": (
        RARE, "(1 / torch.bincount(y))[y]", "torch.ones(3000)", "class-imbalance", "weights = torch.ones"),
    "one of the pairs is sorted": (
        TRACKS, "    pairs = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)\n    tracks = [t for t, _ in pairs]",
        "    tracks = sorted((t for t, _ in pairs), key=len, reverse=True)", "labels-misaligned", "tracks = sorted"),
    "eval mode in the middle": (
        FROZEN, "body.requires_grad_(False)\nbody.eval()\nfit(head.parameters(), 10)",
        "body.eval()\nfit([*body.parameters(), *head.parameters()], 10)", "mode-wrong", "body.eval()"),
    "labels 0 and 1 for a hinge": (SIGNS, ".float() * 2 - 1", ".float()", "labels-encoding", "y = ("),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_is_named_first_and_at_its_line(name, tmp_path):
    text, right, wrong, fault, line = CASES[name]
    assert right in text
    faulty = text.replace(right, wrong)
    said = first_asked(fault, faulty, tmp_path, 1.5, 8.0)
    first = said["findings"][0]
    assert (said["status"], first["fault"], first["severity"]) == ("faulty", fault, "error")
    assert line in faulty.splitlines()[first["line"] - 1]


@pytest.mark.parametrize("text", [RARE, TRACKS, FROZEN, SIGNS])
def test_the_same_programs_without_the_fault_are_healthy(text, tmp_path):
    assert asked(text, tmp_path, 2.0)["status"] == "healthy"
