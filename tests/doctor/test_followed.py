"""Laws of copies that follow, derivatives in a loss, rounds through loaders: named at its line, the sound twin in peace."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import Watcher, play, said, understand

from wellfit.nouns.locate import optimizer_argument

AVERAGE = """
import copy, torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(300, 6) + 2
y = (x[:, 0] * x[:, 1] > 4).long()
net = nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
smooth = copy.deepcopy(net).eval()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for epoch in range(8):
    for rows in torch.randperm(200).split(20):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
        with torch.no_grad():
            for a, b in zip(smooth.parameters(), net.parameters()):
                a.lerp_(b, 0.1)
            for a, b in zip(smooth.buffers(), net.buffers()):
                a.copy_(b)
with torch.no_grad():
    print((smooth(x[200:]).argmax(1) == y[200:]).float().mean())
"""
BUFFERS = """            for a, b in zip(smooth.buffers(), net.buffers()):
                a.copy_(b)
"""
FORCES = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.rand(300, 2) * 4
energy, force = x.sin().sum(1), -x.cos()
net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(6):
    for rows in torch.randperm(300).split(30):
        points = x[rows].clone().requires_grad_(True)
        e = net(points).squeeze(1)
        f = -torch.autograd.grad(e.sum(), points, create_graph=True)[0]
        loss = 0.1 * (e - energy[rows]).square().mean() + (f - force[rows]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""
ROUNDS = """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x = torch.randn(400, 6)
y = (x[:, 0] > 0).long()
train, test = TensorDataset(x[:300], y[:300]), TensorDataset(x[300:], y[300:])
net = nn.Linear(6, 2)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
loader = DataLoader(train, 30, shuffle=True)
held = DataLoader(test, 50, shuffle=False)
for epoch in range(3):
    for a, b in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(a), b).backward()
        optimizer.step()
guess = []
with torch.no_grad():
    for a, _ in held:
        guess.append(net(a).argmax(1))
truth = torch.cat([b for _, b in held])
print((torch.cat(guess) == truth).float().mean())
"""
UNITS = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(400, 4)
y = 20 + 6 * x[:, 0] - 3 * x[:, 1]
mean, std = y[:300].mean(), y[:300].std()
scaled = (y - mean) / std
net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(8):
    for rows in torch.randperm(300).split(30):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x[rows]).squeeze(1), scaled[rows]).backward()
        optimizer.step()
said, truth = [], []
with torch.no_grad():
    for rows in torch.arange(300, 400).split(50):
        said.append(net(x[rows]).squeeze(1) * std + mean)
        truth.append(y[rows])
said, truth = torch.cat(said), torch.cat(truth)
print((said - truth).square().mean().sqrt())
"""
BANDIT = """
import torch
from torch import nn
torch.manual_seed(0)
actor = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3), nn.Identity())
critic = nn.Linear(4, 1)
of_actor = torch.optim.Adam(actor.parameters(), lr=0.01)
of_critic = torch.optim.Adam(critic.parameters(), lr=0.01)
for step in range(60):
    x = torch.randn(32, 4)
    arms = torch.distributions.Categorical(logits=actor(x))
    arm = arms.sample()
    gained = (x.gather(1, arm[:, None])[:, 0] > 0).float()
    value = critic(x)[:, 0]
    of_critic.zero_grad()
    (value - gained).square().mean().backward()
    of_critic.step()
    of_actor.zero_grad()
    (-arms.log_prob(arm) * (gained - value.detach())).mean().backward()
    of_actor.step()
"""
IDLE = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(300, 6)
y = (x[:, 0] * x[:, 1] > 0).long()
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two, self.act = nn.Linear(16, 16), nn.Linear(16, 16), nn.GELU()
    def forward(self, h):
        return h + self.two(self.act(self.one(h)))
net = nn.Sequential(nn.Linear(6, 16), Block(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for rows in torch.randperm(300).split(30):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
        optimizer.step()
"""
ADAPTERS = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(300, 6)
y = (x[:, 0] * x[:, 1] > 0).long()
class Adapted(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(4, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, 4))
    def forward(self, x):
        return self.base(x) + x @ self.down.T @ self.up.T
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
def fit(epochs):
    optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=0.01)
    for _ in range(epochs):
        for rows in torch.randperm(300).split(30):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
fit(2)
net[0], net[2] = Adapted(net[0]), Adapted(net[2])
fit(6)
"""
FACTS = {  # name -> fault, healthy program, what is replaced, by what, part of the line
    "statistics left behind": ("normalization-layer-misused", AVERAGE, BUFFERS, "", "zip(smooth.parameters()"),
    "derivative without its graph": (
        "graph-detached",
        FORCES,
        "create_graph=True",
        "retain_graph=True",
        "autograd.grad",
    ),
    "adapters from zero": ("init-unsuitable", ADAPTERS, "torch.randn(4, base", "torch.zeros(4, base", "self.down ="),
    "truth in another unit": (
        "metric-wrong",
        UNITS,
        "truth.append(y[rows])",
        "truth.append(scaled[rows])",
        "truth.append",
    ),
    "probabilities for logits": (
        "output-activation-unsuitable",
        BANDIT,
        "nn.Identity()",
        "nn.Softmax(-1)",
        "nn.Softmax",
    ),
    "activation never called": (
        "activation-unsuitable",
        IDLE,
        "self.act(self.one(h))",
        "self.one(h)",
        "self.two(self.one",
    ),
    "two rounds": ("metric-wrong", ROUNDS, "shuffle=False", "shuffle=True", "truth ="),
}


@pytest.mark.parametrize("name", FACTS)
def test_fault_is_named_and_its_twin_left_in_peace(name, tmp_path):
    fault, healthy, good, bad, mark = FACTS[name]
    assert healthy.count(good) == 1
    faulty, clue = healthy.replace(good, bad), [fault.replace("-", "_")]
    found = said(faulty, tmp_path, clue)
    assert [f.fault for f in found] == [fault]
    assert mark in faulty.splitlines()[(found[0].line or 0) - 1]
    assert said(healthy, tmp_path, clue) == []


MERGED = """
import torch
from torch import nn
USUAL = {"rate": 1e-3, "lr": 1e-3, "hidden": 8}
KINDS = {
    "small": {"lr": 1e-2},
    "full": {"lr": 3e-7},
}
settings = dict(USUAL)
settings.update(KINDS["full"])
x = torch.randn(200, 3)
net = nn.Linear(3, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=settings["lr"])
for step in range(60):
    optimizer.zero_grad()
    (net(x)[:, 0] - x[:, 0]).square().mean().backward()
    optimizer.step()
"""


def test_setting_of_a_merged_table_is_placed_by_its_value(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(MERGED)
    watcher = Watcher(str(script))
    play(watcher, str(script), [], False, lambda: None)
    watcher.sources()
    site = optimizer_argument(understand(watcher.program), "lr")
    assert site is not None
    assert '"full"' in MERGED.splitlines()[site.line - 1]
