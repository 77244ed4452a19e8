"""Faults of data, network and evaluation in other ways that people write them: name -> (label, text of both twins).

A pair is one text with `«faulty¦fixed»` where the two differ; `#!` marks the line that is to be pointed at."""

from __future__ import annotations

import re

ROWS = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(480, 16)
y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.8).long()
"""
WINDS = """
import random
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
torch.manual_seed(0); random.seed(0)
class Winds(Dataset):
    def __init__(self, n, train):
        across = torch.linspace(-1, 1, 8).expand(8, 8)
        self.spin, self.train = torch.randn(n), train
        self.wind = torch.stack([-across.T * self.spin[:, None, None], across * self.spin[:, None, None]], 1)
        self.wind += 0.3 * torch.randn(n, 2, 8, 8)
    def __len__(self):
        return len(self.spin)
    def __getitem__(self, i):
        wind = self.wind[i]
        if self.train and random.random() < 0.5:
            wind = wind.flip(-1).flip(-2) #!
            wind = «¦-»wind
        return wind, self.spin[i]
net = nn.Sequential(nn.Flatten(), nn.Linear(128, 16), nn.ReLU(), nn.Linear(16, 1), nn.Flatten(0))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(3):
    for wind, spin in DataLoader(Winds(300, True), 30, shuffle=True):
        loss = nn.functional.mse_loss(net(wind), spin)
        opt.zero_grad(); loss.backward(); opt.step()
test = Winds(200, False)
with torch.no_grad():
    print(((net(test.wind) - test.spin) ** 2).mean())
"""

PAIRS = {
    "tensors of a list drawn without a scale": ("init-unsuitable", ROWS + """
def parameters(sizes):
    made = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        made += [(torch.randn(a, b)« * 4¦ / a ** 0.5»).requires_grad_(), torch.zeros(b, requires_grad=True)] #!
    return made
def forward(p, x):
    for k in range(0, len(p) - 2, 2):
        x = torch.tanh(x @ p[k] + p[k + 1])
    return x @ p[-2] + p[-1]
def nll(logits, y):
    return -(logits - logits.logsumexp(1, keepdim=True)).gather(1, y[:, None]).mean()
p = parameters([16, 24, 24, 3])
opt = torch.optim.SGD(p, lr=0.05)
for epoch in range(3):
    for rows in torch.randperm(len(x)).split(32):
        loss = nll(forward(p, x[rows]), y[rows])
        opt.zero_grad(); loss.backward(); opt.step()
"""),
    "parameters of a module of one's own at zero": ("init-unsuitable", ROWS + """
class Dense(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.w = nn.Parameter(«torch.zeros(b, a)¦torch.randn(b, a) / a ** 0.5») #!
        self.b = nn.Parameter(torch.zeros(b))
    def forward(self, x):
        return x @ self.w.T + self.b
net = nn.Sequential(Dense(16, 24), nn.Tanh(), Dense(24, 3))
opt = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(3):
    for rows in torch.randperm(len(x)).split(32):
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        opt.zero_grad(); loss.backward(); opt.step()
"""),
    "winds turned without their sign": ("augmentation-unsuitable", WINDS),
}  # fmt: skip


def program(name: str, faulty: bool) -> str:
    """The text of one twin, without the mark."""
    return re.sub("«([^¦»]*)¦([^»]*)»", r"\1" if faulty else r"\2", PAIRS[name][1]).replace(" #!", "")


def line(name: str) -> int | None:
    """The line to be pointed at in the faulty twin."""
    text = re.sub("«([^¦»]*)¦([^»]*)»", r"\1", PAIRS[name][1])
    return next((i for i, s in enumerate(text.splitlines(), 1) if "#!" in s), None)
