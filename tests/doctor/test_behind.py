"""Laws of networks that leave what their inputs tell: a single layer, convolutions that see one point each."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

RINGS = """
import torch
from torch import nn
torch.manual_seed(0)
way, y = torch.rand(600) * 6.28, torch.randint(0, 2, (600,)).float()
x = torch.stack([way.cos(), way.sin()], 1) * (1 + y[:, None]) + 0.1 * torch.randn(600, 2)
y = {target}
net = {net}
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(20):
    for rows in torch.randperm(600).split(30):
        loss = nn.functional.binary_cross_entropy_with_logits(net(x[rows]).squeeze(1), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
WORDS = ["capacity_too_small"]


def test_a_single_layer_that_cannot_tell_what_its_inputs_tell_is_named(tmp_path):
    found = said(RINGS.format(target="y", net="nn.Linear(2, 1)"), tmp_path, WORDS)
    assert [(f.fault, f.severity, f.line) for f in found] == [("capacity-too-small", "error", 8)]


def test_a_single_layer_is_enough_for_a_plane(tmp_path):
    assert said(RINGS.format(target="(x[:, 0] > 0).float()", net="nn.Linear(2, 1)"), tmp_path, WORDS) == []


def test_noise_is_no_fault_of_a_single_layer(tmp_path):
    assert said(RINGS.format(target="(torch.rand(600) > 0.5).float()", net="nn.Linear(2, 1)"), tmp_path, WORDS) == []


def test_a_network_that_keeps_up_is_let_be(tmp_path):
    net = "nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))"
    assert said(RINGS.format(target="y", net=net), tmp_path, WORDS) == []


def test_targets_of_several_kinds_are_not_mixed(tmp_path):
    text = RINGS.format(target="y", net="nn.Linear(2, 1)")
    line = "        optimizer.zero_grad()\n"
    twice = text.replace(line, f"        loss = loss + net(x[rows]).sub(x[rows, :1]).square().mean()\n{line}")
    assert all(f.fault == "capacity-too-small" for f in said(twice, tmp_path, WORDS))
