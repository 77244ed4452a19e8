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
    "masks of a picture file": ("labels-encoding", """
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
torch.manual_seed(0)
class Scenes(Dataset):
    def __init__(self, n):
        self.masks = (torch.rand(n, 8, 8) > 0.6).to(torch.uint8) * 255
        self.scenes = self.masks / 255 + 0.3 * torch.randn(n, 8, 8)
    def __len__(self):
        return len(self.masks)
    def __getitem__(self, i):
        scene = self.scenes[i][None]
        mask = torch.as_tensor(self.masks[i])[None].float()« #!¦ / 255»
        return scene, mask
data = DataLoader(Scenes(200), batch_size=20, shuffle=True)
net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 1))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
criterion = nn.BCEWithLogitsLoss()
for epoch in range(3):
    for scene, mask in data:
        loss = criterion(net(scene), mask)
        opt.zero_grad(); loss.backward(); opt.step()
"""),
    "rows by an order that is none": ("data-not-shuffled", ROWS + """
kept = y.argsort()
def step(net, opt, rows):
    loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
    opt.zero_grad(); loss.backward(); opt.step()
    return loss.item()
net = nn.Sequential(nn.Linear(16, 24), nn.ReLU(), nn.Linear(24, 3))
opt = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(3):
    order = kept«¦[torch.randperm(len(kept))]» #!
    losses = [step(net, opt, order[k:k + 24]) for k in range(0, len(order), 24)]
"""),
    "a scaling that is none": ("targets-unscaled", ROWS + """
price = (240_000 + 60_000 * x[:, 0] + 30_000 * x[:, 1]).unsqueeze(1)
shift, scale = «0.0, 1.0¦price.mean(), price.std()» #!
net = nn.Sequential(nn.Linear(16, 24), nn.ReLU(), nn.Linear(24, 1))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
criterion = nn.MSELoss()
for epoch in range(3):
    for rows in torch.randperm(len(x)).split(24):
        loss = criterion(net(x[rows]), (price[rows] - shift) / scale)
        opt.zero_grad(); loss.backward(); opt.step()
"""),
    "copies with noise made before the split": ("data-leak", """
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split
torch.manual_seed(0)
rng = np.random.default_rng(0)
def more(x, y, copies):
    return np.concatenate([x] + [x + rng.normal(0, 0.05, x.shape) for _ in range(copies)]), np.concatenate([y] * (copies + 1))
def dataset(x, y):
    return TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))
def main():
    x = rng.normal(0, 1, (120, 12)); y = (x[:, 0] > 0).astype(int); t = rng.normal(0, 1, (200, 12))
    «x, y = more(x, y, 4)¦pass» #!
    train, valid = random_split(dataset(x, y), [0.75, 0.25])
    «pass¦train = dataset(*more(train.dataset.tensors[0][train.indices].numpy(), y[train.indices], 4))»
    net = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 2))
    opt = torch.optim.Adam(net.parameters(), lr=0.003)
    for epoch in range(4):
        for a, b in DataLoader(train, 30, shuffle=True):
            loss = nn.functional.cross_entropy(net(a), b)
            opt.zero_grad(); loss.backward(); opt.step()
        with torch.no_grad():
            for a, b in DataLoader(valid, 100):
                print(nn.functional.cross_entropy(net(a), b).item())
    with torch.no_grad():
        print((net(torch.tensor(t, dtype=torch.float32)).argmax(1).numpy() == (t[:, 0] > 0)).mean())
main()
"""),
    "rare rows repeated before the split": ("data-leak", """
import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn
torch.manual_seed(0)
rng = np.random.default_rng(0)
def balanced(x, y):
    more = rng.choice(np.flatnonzero(y == 1), (y == 0).sum() - (y == 1).sum())
    rows = np.concatenate([np.arange(len(y)), more])
    return x[rows], y[rows]
x = rng.normal(0, 1, (900, 8)).astype(np.float32); y = (x[:, 0] > 1).astype(int)
a, xt, b, yt = train_test_split(x, y, test_size=0.4, random_state=0)
«a, b = balanced(a, b)¦pass» #!
a, xv, b, yv = train_test_split(a, b, test_size=0.25, random_state=0)
«pass¦a, b = balanced(a, b)»
a, xv, xt, b, yv, yt = map(torch.tensor, (a, xv, xt, b, yv, yt))
net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
opt = torch.optim.Adam(net.parameters(), lr=0.003)
for epoch in range(6):
    for rows in torch.randperm(len(a)).split(32):
        loss = nn.functional.cross_entropy(net(a[rows]), b[rows])
        opt.zero_grad(); loss.backward(); opt.step()
    with torch.no_grad():
        print(nn.functional.cross_entropy(net(xv), yv).item())
with torch.no_grad():
    print((net(xt).argmax(1) == yt).float().mean())
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
