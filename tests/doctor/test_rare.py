"""Laws of rare classes: labels of each step, samplers whose weights draw what is frequent."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

SAMPLER = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler
torch.manual_seed(0)
y = (torch.rand(600) < 0.1).long()
x = torch.randn(600, 3) + y[:, None]
share = torch.bincount(y) / len(y)
weights = {weights}
loader = DataLoader(TensorDataset(x, y), batch_size=50, sampler=WeightedRandomSampler(weights, len(y)))
net = nn.Linear(3, 2)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for a, b in loader:
    loss = nn.functional.cross_entropy(net(a), b)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
STEPS = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randint(0, 60, (600, 10))
hit = torch.rand(600, 10) < {often}
x[hit] = torch.randint(0, 9, (int(hit.sum()),))
y = hit.long()
net = nn.Sequential(nn.Embedding(60, 8), nn.Linear(8, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(4):
    for rows in torch.randperm(600).split(60):
        loss = nn.functional.cross_entropy(net(x[rows]).reshape(-1, 2), y[rows].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""


@pytest.mark.parametrize("weights", ["share[y]", "1 / share", "(share * 9)[y]"])
def test_a_sampler_that_draws_the_frequent_class_is_named(weights, tmp_path):
    found = said(SAMPLER.format(weights=weights), tmp_path, ["class_imbalance"])
    assert [f.fault for f in found] == ["class-imbalance"]
    assert found[0].line in (8, 9)  # where the shares are counted, or where they become weights


@pytest.mark.parametrize("weights", ["(1 / share)[y]", "torch.ones(600)", "share[y] ** -0.5"])
def test_a_sampler_that_draws_the_rare_class_more_often_is_let_be(weights, tmp_path):
    assert said(SAMPLER.format(weights=weights), tmp_path, ["class_imbalance"]) == []


def test_a_rare_label_of_steps_in_one_row_is_named(tmp_path):
    found = said(STEPS.format(often=0.05), tmp_path, ["class_imbalance"])
    assert [(f.fault, f.line) for f in found] == [("class-imbalance", 13)]
    assert said(STEPS.format(often=0.4), tmp_path, ["class_imbalance"]) == []
