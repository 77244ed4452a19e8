"""Facts of losses: terms that drown one another, answers outside of what a loss is defined for, and targets that are fed in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from programs import asked, first_asked

COUNTS = """import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(800, 5)
y = torch.poisson((0.8 * x[:, 0] + 0.4 * x[:, 1] * x[:, 2] + 1.0).exp())
net = nn.Sequential(nn.Linear(5, 24), nn.Tanh(), nn.Linear(24, 1))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
criterion = nn.PoissonNLLLoss(log_input=True)
for epoch in range(10):
    for rows in torch.randperm(640).split(32):
        opt.zero_grad()
        loss = criterion(net(x[rows]).squeeze(1), y[rows])
        loss.backward()
        opt.step()
"""
RANKING = """import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(900, 6)
merit = x[:, 0] + x[:, 1] * x[:, 2]
net = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 1))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
ranked = nn.MarginRankingLoss(margin=0.5)
for step in range(150):
    a, b = torch.randint(0, 900, (32,)), torch.randint(0, 900, (32,))
    first = (merit[a] > merit[b]).float() * 2 - 1
    loss = ranked(net(x[a]).squeeze(1), net(x[b]).squeeze(1), first)
    opt.zero_grad()
    loss.backward()
    opt.step()
"""
WINDOWS = """import torch
from torch import nn

torch.manual_seed(0)
series = torch.sin(torch.arange(900) * 0.13) + 0.2 * torch.randn(900)
x = torch.stack([series[i : i + 12] for i in range(880)]).unsqueeze(2)
y = series[12:892]
net, head = nn.GRU(1, 12, batch_first=True), nn.Linear(12, 1)
opt = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=0.005)
for epoch in range(4):
    for rows in torch.randperm(700).split(35):
        opt.zero_grad()
        loss = nn.functional.mse_loss(head(net(x[rows])[0][:, -1]).squeeze(1), y[rows])
        loss.backward()
        opt.step()
"""
RECALL = WINDOWS.replace("y = series[12:892]", "y = x[:, 0, 0]")
CODE = """import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
x = torch.randn(640, 4) @ torch.randn(4, 24) / 2 + 0.1 * torch.randn(640, 24)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter, self.leave = nn.Linear(24, 8), nn.Sequential(nn.Linear(4, 24), nn.Tanh(), nn.Linear(24, 24))

    def forward(self, x):
        mean, spread = self.enter(x).chunk(2, 1)
        return self.leave(mean + torch.randn_like(mean) * (spread / 2).exp()), mean, spread


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=0.004)
for epoch in range(16):
    for rows in torch.randperm(640).split(32):
        back, mean, spread = net(x[rows])
        apart = -0.5 * (1 + spread - mean**2 - spread.exp()).mean()
        loss = F.mse_loss(back, x[rows]) + 0.05 * apart
        opt.zero_grad()
        loss.backward()
        opt.step()
"""
CLIPPED = """import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(400, 40, 2)
y = 0.1 * x[:, :, :1].sum(1)
net, head = nn.RNN(2, 24, batch_first=True, nonlinearity="relu"), nn.Linear(24, 1)
nn.init.eye_(net.weight_hh_l0)
net.weight_hh_l0.data.mul_(1.06)
weights = [*net.parameters(), *head.parameters()]
opt = torch.optim.SGD(weights, lr=0.005, momentum=0.9)
for epoch in range(24):
    for rows in torch.randperm(400).split(20):
        opt.zero_grad()
        loss = nn.functional.mse_loss(head(net(x[rows])[0][:, -1]), y[rows])
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 0.5)
        opt.step()
"""
CLIP = "        nn.utils.clip_grad_norm_(weights, 0.5)\n"
CASES = {
    "rates below zero": (COUNTS, "log_input=True", "log_input=False", "output-activation-unsuitable", "nn.Linear(24, 1)"),
    "a rate for its logarithm": (COUNTS, "nn.Linear(24, 1))", "nn.Linear(24, 1), nn.Softplus())",
                                 "output-activation-unsuitable", "Softplus"),
    "variances below zero": (COUNTS, "criterion(net(x[rows]).squeeze(1), y[rows])",
                             "nn.functional.gaussian_nll_loss(y[rows], y[rows], net(x[rows]).squeeze(1))",
                             "output-activation-unsuitable", "nn.Linear"),
    "a root of answers": (COUNTS, "criterion(net(x[rows]).squeeze(1), y[rows])",
                          "(net(x[rows]).squeeze(1).sqrt() - y[rows].sqrt()).square().mean()",
                          "output-activation-unsuitable", "nn.Linear"),
    "labels 0 and 1 for a ranking": (RANKING, ".float() * 2 - 1", ".float()", "labels-encoding", "first ="),
    "not called": (RANKING, "opt.zero_grad()", "opt.zero_grad", "zero-grad-missing", "opt.zero_grad"),
    "the answer at a window's end": (WINDOWS, "y = series[12:892]", "y = series[11:891]", "data-leak", "series[i"),
    "a divergence that wins": (CODE, "0.05 * apart", "5.0 * apart", "loss-scale", "apart ="),
    "clipped after the step": (CLIPPED, CLIP + "        opt.step()\n", "        opt.step()\n" + CLIP,
                               "gradient-clipping-missing", "clip_grad"),
    "parameters walked through before": (
        COUNTS, "opt = torch.optim.Adam(net.parameters(), lr=0.005)",
        "held = net.parameters()\nprint(len(list(held)))\nopt = torch.optim.Adam(held, lr=0.005)", "parameters-missing",
        "Adam(held"),
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


@pytest.mark.parametrize("text", [COUNTS, RANKING, WINDOWS, RECALL, CODE, CLIPPED])
def test_the_same_programs_without_the_fault_are_healthy(text, tmp_path):
    assert asked(text, tmp_path, 2.0)["status"] == "healthy"
