"""Tiny programs with a fault in their data, each beside its repaired twin: name -> (label, line, faulty, fixed).

A pair is one text with `«faulty¦fixed»` where the two differ; `#!` marks the line that is to be pointed at."""

from __future__ import annotations

import re

TABLE = """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
torch.manual_seed(0)
n = 600
x = torch.randn(n, 5)
y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).long() + (x[:, 3] > 0.7).long()
"""
LOOP = """
net = nn.Sequential(nn.Linear(xa.shape[1], 32), nn.ReLU(), nn.Linear(32, 3))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(8):
    for rows in torch.randperm(len(xa)).split(25):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(xa[rows]), ya[rows])
        loss.backward()
        opt.step()
with torch.no_grad():
    print((net(xb).argmax(1) == yb).float().mean())
"""
PICTURES = """
import numpy as np
import torch
from torch import nn
torch.manual_seed(0)
rng = np.random.default_rng(0)
def picture(kind):
    a = np.zeros((12, 12))
    a[2:10, 3:5] = 1.0
    if kind: a[8:10, 3:9] = 1.0
    else: a[2:4, 3:9] = 1.0
    return a + rng.normal(0, 0.2, a.shape)
label = rng.integers(0, 2, 500)
"""
CONV = """
net = nn.Sequential(nn.Conv2d(x.shape[1], 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(2))
net(x[:2])
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(4):
    for i in range(0, 400, 25):
        xb, yb = x[i:i + 25], y[i:i + 25]
        AUGMENT
        loss = nn.functional.cross_entropy(net(xb), yb)
        opt.zero_grad(); loss.backward(); opt.step()
with torch.no_grad():
    print((net(x[400:]).argmax(1) == y[400:]).float().mean())
"""
CURVE = """
import torch
from torch import nn
torch.manual_seed(0)
n = 480
a = torch.rand(n, 1) * 4 - 2
b = torch.sin(2 * a)
"""
VALUES = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(1, 32), nn.Linear(32, 1)
    def forward(self, v):
        return self.b(torch.tanh(self.a(v)))
def train(model, data, epochs=10):
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(epochs):
        for u, v in data:
            opt.zero_grad()
            loss = ((model(u) - v) ** 2).mean()
            loss.backward()
            opt.step()
"""

PAIRS = {
    "metres beside fractions": ("inputs-unscaled", TABLE + """
scale = torch.tensor([1.0, 2000.0, 0.001, 1.0, 300.0])
raw = x * scale + 3 * scale
xa, xb = raw[:450], raw[450:] #!
«¦m, s = xa.mean(0), xa.std(0); xa, xb = (xa - m) / s, (xb - m) / s»
ya, yb = y[:450], y[450:]
""" + LOOP.replace("Adam", "SGD").replace("range(8)", "range(20)").replace("lr=0.01", "lr=0.2")),
    "evaluation left unscaled": ("inputs-unscaled", TABLE + """
raw = 40 + 25 * x
m, s = raw[:450].mean(0), raw[:450].std(0)
xa = (raw[:450] - m) / s
xb = «raw[450:]¦(raw[450:] - m) / s» #!
ya, yb = y[:450], y[450:]
""" + LOOP),
    "two permutations": ("labels-misaligned", TABLE + """
xa, xb, yb = x[:450], x[450:], y[450:]
order = torch.randperm(450)
xa = xa[order] #!
ya = y[:450][«torch.randperm(450)¦order»]
""" + LOOP),
    "sorted before the loader": ("data-not-shuffled", TABLE + """
order = y.argsort()
xa, ya, xb, yb = x[:450], y[:450], x[450:], y[450:]
o = ya.argsort()
def loaders(batch):
    return DataLoader(TensorDataset(xa[o], ya[o]), batch, shuffle=«False¦True») #!
net = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 3))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
train = loaders(25)
for epoch in range(8):
    for i, (u, v) in enumerate(train):
        opt.zero_grad()
        nn.functional.cross_entropy(net(u), v).backward()
        opt.step()
print((net(xb).argmax(1) == yb).float().mean())
"""),
    "split by class": ("data-not-shuffled", TABLE + """
o = «y.argsort()¦torch.randperm(n)»
x, y = x[o], y[o]
xa, xb = x[:500], x[500:] #!
ya, yb = y[:500], y[500:]
""" + LOOP),
    "in order of the value": ("data-not-shuffled", CURVE + VALUES + """
o = «a.flatten().argsort()¦torch.randperm(n)»
net = Net()
train(net, list(zip(a[o].split(16), b[o].split(16))))
print(((net(a) - b) ** 2).mean())
""", "        for u, v in data:"),
    "copies on both sides": ("data-leak", TABLE + """
«many = torch.arange(n).repeat(3)¦many = torch.arange(n)» #!
many = many[torch.randperm(len(many))]
cut = int(0.75 * len(many))
xa, ya, xb, yb = x[many[:cut]], y[many[:cut]], x[many[cut:]], y[many[cut:]]
""" + LOOP),
    "a hole in the table": ("data-nonfinite", TABLE + """
x[::40, 2] = float("nan")
class Rows(Dataset):
    def __init__(self, a, b):
        self.a, self.b = a, b
    def __len__(self):
        return len(self.a)
    def __getitem__(self, i):
        return self.a[i]«¦.nan_to_num(0.0)», self.b[i]
net = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 3))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(2):
    for u, v in DataLoader(Rows(x, y), batch_size=25, shuffle=True):
        opt.zero_grad()
        nn.functional.cross_entropy(net(u), v).backward()
        opt.step()
"""),
    "log of zero": ("data-nonfinite", TABLE + """
x = torch.poisson(torch.exp(x))
xa = torch.log(«x¦x + 1»)[:450] #!
xb, ya, yb = torch.log(x + 1)[450:], y[:450], y[450:]
""" + LOOP),
    "rare class": ("class-imbalance", TABLE + """
y = ((x[:, 0] + x[:, 1] + 0.5 * torch.randn(n)) > 2.4).long()
xa, xb, ya, yb = x[:450].repeat(4, 1), x[450:], y[:450].repeat(4), y[450:]
xa, xb = xa + 0.5 * torch.randn_like(xa), x + 0.1
yb = y
weight = torch.tensor([1.0, 12.0])
net = nn.Linear(5, 2)
loss_fn = nn.CrossEntropyLoss(«¦weight») #!
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(6):
    for rows in torch.randperm(len(xa)).split(25):
        opt.zero_grad()
        loss_fn(net(xa[rows]), ya[rows]).backward()
        opt.step()
net.eval()
with torch.no_grad():
    print((net(xb).argmax(1) == yb).float().mean())
"""),
    "channels last, viewed": ("layout-scrambled", PICTURES + """
p = np.stack([picture(k) for k in label])
p = np.stack([p, p[:, ::-1, ::-1], 1 - p], -1)
x = torch.tensor(np.ascontiguousarray(p), dtype=torch.float32)
x = x«.reshape(500, 3, 12, 12)¦.permute(0, 3, 1, 2)» #!
y = torch.tensor(label)
""" + CONV.replace("AUGMENT", "")),
    "time first, viewed": ("layout-scrambled", """
import torch
from torch import nn
torch.manual_seed(0)
class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 12)
        self.out = nn.Linear(12, 1)
    def forward(self, s):
        h, _ = self.rnn(s.«reshape(s.shape[1], s.shape[0], 3)¦transpose(0, 1)») #!
        return self.out(h[-1]).squeeze(-1)
s = torch.randn(320, 7, 3)
t = s[:, -3:, 0].sum(1)
net = Tagger()
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(6):
    for i in range(0, 320, 32):
        loss = nn.functional.mse_loss(net(s[i:i + 32]), t[i:i + 32])
        opt.zero_grad(); loss.backward(); opt.step()
"""),
    "flips that turn the label": ("augmentation-unsuitable", PICTURES + """
x = torch.tensor(np.stack([picture(k) for k in label]), dtype=torch.float32).unsqueeze(1)
y = torch.tensor(label)
""" + CONV.replace("AUGMENT", """if torch.rand(1) < 0.5:
            xb = xb.flip(«-2¦-1») #!""")),
    "noise in evaluation": ("augmentation-unsuitable", TABLE + """
class Rows(Dataset):
    def __init__(self, a, b, train):
        self.a, self.b, self.train = a, b, train
    def __len__(self):
        return len(self.a)
    def __getitem__(self, i):
        v = self.a[i]
        «if True¦if self.train»:
            v = v + 0.3 * torch.randn(5) #!
        return v, self.b[i]
train, test = DataLoader(Rows(x[:400], y[:400], True), 25, shuffle=True), DataLoader(Rows(x[400:], y[400:], False), 100)
net = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 3))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(4):
    net.train()
    for u, v in train:
        opt.zero_grad()
        nn.functional.cross_entropy(net(u), v).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        for u, v in test:
            right = (net(u).argmax(1) == v).float().mean()
"""),
}  # fmt: skip


def program(name: str, faulty: bool) -> str:
    """The text of one twin, without the mark."""
    return re.sub("«([^¦»]*)¦([^»]*)»", r"\1" if faulty else r"\2", PAIRS[name][1]).replace(" #!", "")


def line(name: str) -> int | None:
    """The line to be pointed at in the faulty twin."""
    text = re.sub("«([^¦»]*)¦([^»]*)»", r"\1", PAIRS[name][1])
    mark = PAIRS[name][2] if len(PAIRS[name]) > 2 else "#!"
    return next((i for i, s in enumerate(text.splitlines(), 1) if mark in s), None)
