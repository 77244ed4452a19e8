"""Laws of faults that are facts of a run: the clue speaks on the faulty twin, at its line, and is silent on the other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

CLASSES = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x = torch.randn(400, 6)
y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.8).long()
CLIP = 1.0
net = nn.Sequential(
    nn.Linear(6, 32),
    nn.BatchNorm1d(32, momentum=0.1),
    nn.ReLU(),
    nn.Linear(32, 3),
)
loss_fn = nn.CrossEntropyLoss(
    weight=torch.tensor([1.0, 1.0, 1.0]),
    ignore_index=-100,
    label_smoothing=0.0,
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
loader = DataLoader(TensorDataset(x[:300], y[:300]), batch_size=30, shuffle=True, drop_last=True)
for epoch in range(6):
    net.train()
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss_fn(net(inputs), labels).backward()
        nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        optimizer.step()
    scheduler.step()
net.eval()
with torch.no_grad():
    print((net(x[300:303]).argmax(dim=1) == y[300:303]).float().mean())
"""
VALUES = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(400, 4)
y = x @ torch.tensor([1.0, -2.0, 0.5, 0.0])
pictures = torch.randint(0, 255, (400, 4))
pictures = (x * 50).long().clamp(-90, 90) + 100
scaled = pictures / 255
train = x[:300], y[:300].float()
net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(6):
    for rows in torch.randperm(300).split(20):
        fit = ((net(train[0][rows]).squeeze(1) - train[1][rows]) ** 2).mean()
        loss = fit + 1e-5 * sum(w.abs().sum() for w in net.parameters())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print(((net(x[300:]).squeeze(1) - y[300:]) ** 2).mean())
"""
EQUATION = """
import torch
from torch import nn
torch.manual_seed(0)
act = nn.Tanh()
net = nn.Sequential(nn.Linear(1, 16), act, nn.Linear(16, 16), act, nn.Linear(16, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
slope = lambda u, x: torch.autograd.grad(u.sum(), x, create_graph=True)[0]
for step in range(40):
    x = torch.rand(32, 1, requires_grad=True)
    u = net(x)
    loss = (slope(slope(u, x), x) + torch.sin(3 * x)).square().mean() + net(torch.tensor([[0.0], [1.0]])).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
MARGINS = """
import torch
from torch import nn
torch.manual_seed(0)
class Margin(nn.Module):
    def forward(self, scores, sides, weights):
        return torch.relu(1 - sides * scores).mean() + 1e-4 * (weights @ weights)
x = torch.randn(400, 4)
sides = (x[:, 0] > 0).float() * 2 - 1
net, criterion = nn.Linear(4, 1), None
criterion = Margin()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(6):
    for rows in torch.randperm(300).split(20):
        loss = criterion(net(x[rows]).squeeze(1), sides[rows], net.weight[0])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
BEST = """
import copy
import torch
from torch import nn
torch.manual_seed(3)
x, other = torch.randn(120, 30), torch.randn(200, 30)
rule = lambda x: (x[:, 0] - x[:, 1] + torch.randn(len(x)) > 0).long()
y, truth = rule(x), rule(other)
net = nn.Sequential(nn.Linear(30, 48), nn.ReLU(), nn.Linear(48, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
best, kept = float("inf"), None
for epoch in range(16):
    for rows in torch.randperm(len(x)).split(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        loss = nn.functional.cross_entropy(net(other), truth).item()
    if loss < best:
        best, kept = loss, None
        kept = copy.deepcopy(net.state_dict())
net.load_state_dict(kept)
"""
ECHO = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(96, 1, 40)
y = x.roll(9, 2).abs() + 0.2 * x
net = nn.Sequential()
for i in range(3):
    wide = 3**i
    net.append(nn.ConstantPad1d((2 * wide, 0), 0.0))
    net.append(nn.Conv1d(1 if i == 0 else 8, 8, 3, dilation=wide))
    net.append(nn.ReLU())
net.append(nn.Conv1d(8, 1, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(8):
    for rows in torch.randperm(96).split(12):
        loss = nn.functional.mse_loss(net(x[rows])[:, 0, 9:], y[rows][:, 0, 9:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
FACTS = {  # name -> fault, healthy program, what is replaced, by what
    "clipped to nothing": ("lr-too-low", CLASSES, "CLIP = 1.0", "CLIP = 1e-6"),
    "nothing clipped": (
        "gradient-clipping-missing", CLASSES.replace("optimizer =", "weights = list(net.parameters())\noptimizer =").replace(
            "norm_(net.parameters()", "norm_(weights"),
        "= list(net.parameters())", "= list(nn.Linear(6, 3).parameters())"),
    "class ignored": ("loss-unsuitable", CLASSES, "ignore_index=-100", "ignore_index=1"),
    "class without weight": ("loss-unsuitable", CLASSES, "[1.0, 1.0, 1.0]", "[1.0, 1.0, 0.0]"),
    "labels smoothed away": ("regularization-too-strong", CLASSES, "label_smoothing=0.0", "label_smoothing=0.98"),
    "a share to keep": (
        "regularization-too-strong",
        CLASSES.replace("CLIP = 1.0", "CLIP = 1.0\nKEEP_PROB = 0.9").replace("nn.ReLU()", "nn.Dropout(1 - KEEP_PROB)"),
        "(1 - KEEP_PROB)", "(KEEP_PROB)"),
    "statistics stand still": ("normalization-layer-misused", CLASSES, "momentum=0.1", "momentum=1e-4"),
    "schedule never stepped": ("lr-schedule-unsuitable", CLASSES, "    scheduler.step()\n", ""),
    "warm-up in steps, stepped once a pass": (
        "lr-schedule-unsuitable",
        CLASSES.replace("StepLR(optimizer, 2)", "LambdaLR(optimizer, lambda k: min(1, (k + 1) / WARMUP_STEPS))").replace(
            "CLIP = 1.0\n", "CLIP = 1.0\nWARMUP_STEPS = 40\n").replace("    scheduler.step()\n", "        scheduler.step()\n"),
        "        scheduler.step()\n", "    scheduler.step()\n"),
    "best weights by reference": ("epochs-too-many", BEST, "copy.deepcopy(net.state_dict())", "net.state_dict()"),
    "a reach that is too short": ("capacity-too-small", ECHO, "wide = 3**i", "wide = 1"),
    "no batch at all": ("batch-size-too-large", CLASSES.replace("    scheduler.step()\n", ""), "batch_size=30", "batch_size=512"),
    "argmax over rows": ("dimension-wrong", CLASSES, "argmax(dim=1)", "argmax(dim=0)"),
    "weights favour the frequent": (
        "class-imbalance", CLASSES.replace("x[:, 0] * x[:, 1] > 0", "x[:, 0] > -0.5"),
        "[1.0, 1.0, 1.0]", "[0.3, 1.0, 0.1]"),
    "values without fractions": ("labels-encoding", VALUES, "y[:300].float()", "y[:300].long().float()"),
    "hinge by hand of labels 0 and 1": ("labels-encoding", MARGINS, "0).float() * 2 - 1", "0).float()"),
    "hinge by hand, handed over": (
        "labels-encoding", MARGINS.replace("sides = (x[:, 0] > 0).float() * 2 - 1",
            "order = x[:, 0].argsort()\nx = x[order]\nlow = (x[:, 0] <= 0).sum()\n"
            "sides = torch.cat([-torch.ones(low), torch.ones(400 - low)])"), "-torch.ones(low)", "torch.zeros(low)"),
    "whole division": (
        "inputs-unscaled", VALUES.replace("(x[", "(scaled[").replace("x[:300], y", "scaled[:300], y"),
        "pictures / 255", "pictures // 255.0"),
    "penalty by hand": ("regularization-too-strong", VALUES, "1e-5 * sum", "2.0 * sum"),
    "a slope of 1": (
        "activation-unsuitable", VALUES.replace("nn.Tanh()", "nn.LeakyReLU(0.1)"), "LeakyReLU(0.1)", "LeakyReLU(1.0)"),
    "an activation that is shut": ("activation-unsuitable", VALUES, "nn.Tanh()", "nn.Tanh(), nn.Hardtanh(2.0, 3.0)"),
    "kinks": ("activation-unsuitable", EQUATION, "act = nn.Tanh()", "act = nn.ReLU()"),
}  # fmt: skip
PLACES = {"hinge by hand, handed over": "criterion(net(",
         "schedule never stepped": "StepLR", "penalty by hand": "2.0 * sum", "no batch at all": "batch_size=512",
          "warm-up in steps, stepped once a pass": "scheduler.step()"}  # fmt: skip


def twin(name: str) -> tuple[str, str, str]:
    fault, text, good, bad = FACTS[name]
    assert text.count(good) == 1
    return fault, text, text.replace(good, bad)


@pytest.mark.parametrize("name", FACTS)
def test_fact_is_named_with_its_line(name, tmp_path):
    fault, _, faulty = twin(name)
    found = said(faulty, tmp_path, [fault.replace("-", "_")])
    assert [f.fault for f in found] == [fault]
    mark = PLACES.get(name, FACTS[name][3])
    assert found[0].line is not None
    assert mark in faulty.splitlines()[found[0].line - 1]


@pytest.mark.parametrize("name", FACTS)
def test_twin_without_the_fault_is_left_in_peace(name, tmp_path):
    fault, healthy, _ = twin(name)
    assert said(healthy, tmp_path, [fault.replace("-", "_")]) == []
