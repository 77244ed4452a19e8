"""Laws of what belongs to several: weights that start alike and stay so, values of several examples in one row."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

MIXTURE = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(300, 2) + 3 * torch.randint(-1, 2, (300, 1))
class Mixture(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))
        self.mean = nn.Parameter(torch.{draw}(3, 2))
    def forward(self, x):
        return torch.logsumexp(self.weight.log_softmax(0) - 0.5 * (x[:, None] - self.mean).square().sum(-1), 1)
model = Mixture()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for step in range(30):
    loss = -model(x[torch.randint(0, 300, (64,))]).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
STATES = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(200, 7, 3)
y = (x[:, 0, 0] > 0).long()
class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 8, batch_first=True, bidirectional=True)
        self.head = nn.Linear(16, 2)
    def forward(self, x):
        h = self.rnn(x)[1]
        return self.head(h{way})
net = Reader()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for rows in torch.randperm(200).split(20):
    loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


def test_components_that_start_alike_stay_alike(tmp_path):
    found = said(MIXTURE.format(draw="zeros"), tmp_path, ["init_unsuitable"])
    assert [(f.fault, f.line) for f in found] == [("init-unsuitable", 10)]
    assert said(MIXTURE.format(draw="randn"), tmp_path, ["init_unsuitable"]) == []


@pytest.mark.parametrize("way", [".view(-1, 16)", ".reshape(len(x), 16)"])
def test_a_reshape_that_puts_several_examples_together_is_named(way, tmp_path):
    found = said(STATES.format(way=way), tmp_path, ["layout_scrambled", "dimension_wrong"])
    assert [(f.fault, f.line) for f in found] == [("layout-scrambled", 14)]


@pytest.mark.parametrize("way", [".transpose(0, 1).flatten(1)", ".permute(1, 0, 2).reshape(-1, 16)"])
def test_states_turned_first_are_let_be(way, tmp_path):
    assert said(STATES.format(way=way), tmp_path, ["layout_scrambled", "dimension_wrong"]) == []


OWN = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(300, 4)
y = x[:, :1] * x[:, 1:2]
class Level(nn.Module):
    def forward(self, x):
        middle = x.mean({axis}, keepdim=True)
        return (x - middle) / x.std({axis}, keepdim=True)
net = nn.Sequential(nn.Linear(4, 8), Level(), nn.ReLU(), nn.Linear(8, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for rows in torch.randperm(200).split(20):
    loss = nn.functional.mse_loss(net(x[rows]), y[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
net.eval()
with torch.no_grad():
    print([(net(part) - truth).square().mean() for part, truth in zip(x[200:].split({rows}), y[200:].split({rows}))])
"""


def test_a_mean_over_the_batch_is_named_where_single_examples_are_evaluated(tmp_path):
    found = said(OWN.format(axis=0, rows=2), tmp_path, ["dimension_wrong"])
    assert [(f.fault, f.line) for f in found] == [("dimension-wrong", 9)]
    assert said(OWN.format(axis=1, rows=2), tmp_path, ["dimension_wrong"]) == []
    assert said(OWN.format(axis=0, rows=50), tmp_path, ["dimension_wrong"]) == []


RESIDUAL = """
import torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for step in range(12):
    x = torch.rand(20, 1, requires_grad=True)
    u = net(x)
    du = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
    rest = {rest}
    loss = rest.square().mean() + net(torch.zeros(1, 1)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
BROADCAST = ["du[:, 0] + u", "du.squeeze(1) - x * u"]
PAIRED = ["du + u", "du[:, 0] + u[:, 0]", "u.squeeze(1).unsqueeze(1) - u.squeeze(1) - 1", "u - u.squeeze(1) - du.sum()"]


@pytest.mark.parametrize("rest", BROADCAST + PAIRED)
def test_terms_of_a_residual_that_broadcast_are_named(rest, tmp_path):
    found = said(RESIDUAL.format(rest=rest), tmp_path, ["shape_broadcast"])
    assert [(f.fault, f.line) for f in found] == ([("shape-broadcast", 11)] if rest in BROADCAST else [])


JOINT = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(600, 20)
y = (x[:, 0] * x[:, 1] > 0).long()
body, back, head = nn.Linear(20, 8), nn.Linear(8, 20), nn.Linear(8, 2)
net = nn.ModuleList([body, back, head])
optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
for epoch in range(3):
    for rows in torch.randperm(600).split(30):
        h = body(x[rows]).relu()
        loss = nn.functional.cross_entropy(head(h), y[rows]) + ((back(h) - x[rows]) ** 2).{how}()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""


def test_a_sum_beside_the_cross_entropy_of_classes_is_suspected(tmp_path):
    found = said(JOINT.format(how="sum"), tmp_path, ["loss_scale"])
    assert [(f.fault, f.line) for f in found] == [("loss-scale", 13)]
    assert said(JOINT.format(how="mean"), tmp_path, ["loss_scale"]) == []
