"""Laws of networks that trees outdo: three hidden units on a checkerboard are; a wide network, a code, an easy line are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

TEXT = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.rand(1500, 2) * 4
y = ((x[:, 0].floor() + x[:, 1].floor()) % 2).long() if not {line} else (x[:, 0] > 2).long()
net = nn.Sequential(nn.Linear(2, {units}), nn.ReLU(), nn.Linear({units}, {units}), nn.ReLU(), nn.Linear({units}, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range({epochs}):
    for rows in torch.randperm(1500).split(50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net((x[rows] - 2)), y[rows]).backward()
        optimizer.step()
"""


def test_three_units_are_outdone(tmp_path):
    found = said(TEXT.format(line=False, units=3, epochs=4), tmp_path, ["capacity_too_small"])
    assert [f.fault for f in found] == ["capacity-too-small"]
    assert "boosted trees" in found[0].evidence


@pytest.mark.parametrize(("line", "units"), [(True, 3), (False, 32)])
def test_networks_that_keep_up_or_are_wide_are_left_in_peace(line, units, tmp_path):
    found = said(TEXT.format(line=line, units=units, epochs=3), tmp_path, ["capacity_too_small"])
    assert not [f for f in found if "boosted trees" in f.evidence]
