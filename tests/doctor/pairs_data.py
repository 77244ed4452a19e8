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
    "bytes in a Dataset, main()": ("inputs-unscaled", """
import numpy as np, torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import Dataset, DataLoader
class Shapes(Dataset):
    def __init__(self, n, seed):
        r = np.random.RandomState(seed)
        self.labels = r.randint(0, 3, n)
        self.images = np.zeros((n, 10, 10), dtype=np.uint8)
        for i, k in enumerate(self.labels):
            img = r.randint(0, 90, (10, 10))
            img[2 + 2 * k:4 + 2 * k, 1:9] = 200 + r.randint(0, 50)
            self.images[i] = img
    def __len__(self):
        return len(self.labels)
    def __getitem__(self, i):
        img = torch.from_numpy(self.images[i]).float()«¦ / 255.0» #!
        return img.unsqueeze(0), int(self.labels[i])
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3)
        self.fc = nn.Linear(8 * 64, 3)
    def forward(self, x):
        return self.fc(torch.tanh(self.conv(x)).flatten(1))
def train_epoch(model, loader, optimizer, criterion, device):
    model.train()
    for data, target in loader:
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = criterion(output, target)
        loss.backward()
        optimizer.step()
def main():
    torch.manual_seed(1)
    device = torch.device("cpu")
    train_loader = DataLoader(Shapes(400, 0), batch_size=32, shuffle=True)
    val_loader = DataLoader(Shapes(100, 1), batch_size=100)
    model = Net().to(device)
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for epoch in range(4):
        train_epoch(model, train_loader, optimizer, nn.CrossEntropyLoss(), device)
        model.eval()
        with torch.no_grad():
            correct = sum((model(x.to(device)).argmax(1) == y.to(device)).sum().item() for x, y in val_loader)
        print(epoch, correct / 100)
if __name__ == "__main__":
    main()
"""),
    "sklearn shuffle of one": ("labels-misaligned", """
import numpy as np, torch
from sklearn.datasets import make_classification
from sklearn.utils import shuffle
from torch import nn
X, y = make_classification(600, 8, n_informative=5, random_state=0)
X, y = «shuffle(X, random_state=1), shuffle(y, random_state=2)¦shuffle(X, y, random_state=1)» #!
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
Xtr, Xte, ytr, yte = X[:450], X[450:], y[:450], y[450:]
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 24), nn.ReLU(), nn.Linear(24, 2))
opt = torch.optim.Adam(model.parameters(), 1e-2)
for e in range(6):
    model.train()
    p = torch.randperm(450)
    for i in range(0, 450, 30):
        idx = p[i:i+30]
        opt.zero_grad()
        nn.functional.cross_entropy(model(Xtr[idx]), ytr[idx]).backward()
        opt.step()
    model.eval()
    with torch.no_grad():
        print((model(Xte).argmax(1) == yte).float().mean().item())
"""),
    "labels of the test shifted": ("labels-misaligned", """
import torch
from torch import nn
torch.manual_seed(0)
X = torch.randn(700, 6); y = (X[:, 0] - X[:, 1] > 0).long()
tr = list(range(500)); te = list(range(500, 700))
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2))
opt = torch.optim.Adam(model.parameters(), 1e-2)
ds = torch.utils.data.TensorDataset(X[tr], y[tr])
for e in range(6):
    for xb, yb in torch.utils.data.DataLoader(ds, 25, shuffle=True):
        opt.zero_grad(); nn.functional.cross_entropy(model(xb), yb).backward(); opt.step()
model.eval()
with torch.no_grad():
    pred = model(X[te]).argmax(1)
    acc = (pred == y[«[i - 1 for i in te]¦te»]).float().mean() #!
print("metric", acc.item())
"""),
    "two loaders zipped": ("labels-misaligned", """
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
X = torch.randn(600, 6); Y = X[:, :1] * 2 - X[:, 1:2] + torch.sin(X[:, 2:3])
model = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam(model.parameters(), 1e-2)
«fx = DataLoader(X[:500], batch_size=25, shuffle=True)¦both = DataLoader(TensorDataset(X[:500], Y[:500]), 25, True)»
«fy = DataLoader(Y[:500], batch_size=25, shuffle=True)¦» #!
for e in range(5):
    for x, y in «zip(fx, fy)¦both»:
        loss = nn.functional.mse_loss(model(x), y)
        opt.zero_grad(); loss.backward(); opt.step()
with torch.no_grad():
    print(nn.functional.mse_loss(model(X[500:]), Y[500:]))
"""),
    "overlapping windows": ("data-leak", """
import numpy as np, torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader, random_split
torch.manual_seed(0)
t = np.arange(900)
s = np.sin(t / 9.0) + 0.5 * np.sin(t / 23.0) + 0.15 * np.random.RandomState(0).randn(900)
L = 20
W = np.stack([s[i:i + L] for i in range(len(s) - L)]); N = s[L:]
W, N = torch.tensor(W, dtype=torch.float32), torch.tensor(N, dtype=torch.float32)
«full = TensorDataset(W, N)¦»
«train, test = random_split(full, [700, 180])¦train, test = TensorDataset(W[:700], N[:700]), TensorDataset(W[720:], N[720:])» #!
net = nn.Sequential(nn.Linear(L, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), 1e-3)
for e in range(6):
    for a, b in DataLoader(train, 32, shuffle=True):
        opt.zero_grad(); ((net(a).squeeze(1) - b) ** 2).mean().backward(); opt.step()
with torch.no_grad():
    print(sum(((net(a).squeeze(1) - b) ** 2).sum().item() for a, b in DataLoader(test, 180)) / 180)
"""),
    "features selected first": ("data-leak", """
import numpy as np, torch
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import train_test_split
from torch import nn
rng = np.random.default_rng(0)
X = rng.normal(size=(200, 800)); y = rng.integers(0, 2, 200); X[:, 0] += y
«X = SelectKBest(f_classif, k=20).fit_transform(X, y)¦»
Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.3, random_state=0)
«¦sel = SelectKBest(f_classif, k=20).fit(Xtr, ytr); Xtr, Xte = sel.transform(Xtr), sel.transform(Xte)»
Xtr, Xte = torch.tensor(Xtr, dtype=torch.float32), torch.tensor(Xte, dtype=torch.float32)
ytr, yte = torch.tensor(ytr), torch.tensor(yte)
model = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 2))
opt = torch.optim.Adam(model.parameters(), 1e-2)
for e in range(10):
    for b in torch.randperm(len(Xtr)).split(20):
        opt.zero_grad(); nn.functional.cross_entropy(model(Xtr[b]), ytr[b]).backward(); opt.step()
print((model(Xte).argmax(1) == yte).float().mean())
""", "X = SelectKBest"),
    "trained on all rows": ("data-leak", """
import torch
from torch import nn
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split
torch.manual_seed(0)
X, y = make_moons(500, noise=0.3, random_state=0)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=1)
model = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2))
opt = torch.optim.Adam(model.parameters(), 1e-2)
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(«X, y¦X_train, y_train»), batch_size=20, shuffle=True) #!
for epoch in range(8):
    for xb, yb in loader:
        opt.zero_grad()
        loss = nn.CrossEntropyLoss()(model(xb), yb)
        loss.backward(); opt.step()
with torch.no_grad():
    print((model(X_test).argmax(1) == y_test).float().mean())
"""),
    "heads merged with time": ("layout-scrambled", """
import torch
from torch import nn
torch.manual_seed(0)
class Attention(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.h, self.d = h, d
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))
    def forward(self, x):
        B, T, D = x.shape
        cut = lambda z: z.«view(B, self.h, T, D // self.h)¦view(B, T, self.h, D // self.h).transpose(1, 2)» #!
        q, k, v = (cut(f(x)) for f in (self.q, self.k, self.v))
        a = torch.softmax(q @ k.transpose(-1, -2) / 2, -1) @ v
        return self.o(a.transpose(1, 2).reshape(B, T, D))
net = nn.Sequential(nn.Linear(3, 16), Attention(16, 4), nn.Linear(16, 1))
x = torch.randn(320, 10, 3); y = x[:, :, 0].cumsum(1)[..., None]
opt = torch.optim.Adam(net.parameters(), 1e-2)
for e in range(4):
    for b in torch.randperm(320).split(32):
        loss = nn.functional.mse_loss(net(x[b]), y[b])
        opt.zero_grad(); loss.backward(); opt.step()
"""),
    "hidden states reshaped": ("layout-scrambled", """
import torch
from torch import nn
torch.manual_seed(0)
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 12, bidirectional=True, batch_first=True)
        self.head = nn.Linear(24, 2)
    def forward(self, x):
        _, h = self.rnn(x)
        return self.head(h.«reshape(x.size(0), -1)¦permute(1, 0, 2).reshape(x.size(0), -1)») #!
x = torch.randn(400, 9, 2); y = (x[:, :, 0].sum(1) > 0).long()
net = Model(); opt = torch.optim.Adam(net.parameters(), 1e-2)
for e in range(4):
    for b in torch.randperm(400).split(40):
        opt.zero_grad(); nn.functional.cross_entropy(net(x[b]), y[b]).backward(); opt.step()
"""),
    "sensor channels viewed": ("layout-scrambled", """
import numpy as np, torch
from torch import nn
rng = np.random.default_rng(3); torch.manual_seed(3)
t = np.linspace(0, 6, 60); lab = rng.integers(0, 2, 400)
sig = np.stack([np.stack([np.sin((2 + k) * t + rng.uniform(0, 6)), np.cos((1 + 2 * k) * t), 0.2 * t], 1) for k in lab])
sig = sig + rng.normal(0, 0.15, sig.shape)
x = torch.as_tensor(sig, dtype=torch.float32)
x = x«.view(-1, 3, 60)¦.transpose(1, 2)» #!
y = torch.as_tensor(lab)
net = nn.Sequential(nn.Conv1d(3, 8, 7), nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(8, 2))
opt = torch.optim.Adam(net.parameters(), 1e-2)
for e in range(5):
    for b in torch.randperm(300).split(30):
        opt.zero_grad(); nn.functional.cross_entropy(net(x[b]), y[b]).backward(); opt.step()
with torch.no_grad(): print((net(x[300:]).argmax(1) == y[300:]).float().mean())
"""),
    "keypoints flipped alone": ("augmentation-unsuitable", """
import numpy as np, torch
from torch import nn
from torch.utils.data import Dataset, DataLoader
class Spots(Dataset):
    def __init__(self, n, seed, augment=False):
        r = np.random.default_rng(seed)
        self.p = r.uniform(2, 13, (n, 2)); g = np.mgrid[0:16, 0:16]
        far = (g[0] - self.p[:, :1, None]) ** 2 + (g[1] - self.p[:, 1:, None]) ** 2
        self.img = np.exp(-far / 4) + r.normal(0, 0.05, (n, 16, 16))
        self.augment = augment
    def __len__(self): return len(self.p)
    def __getitem__(self, i):
        img, p = self.img[i], self.p[i] / 15
        if self.augment and np.random.rand() < 0.5:
            img = np.fliplr(img).copy() #!
«¦            p = np.array([p[0], 1 - p[1]])»
        return torch.tensor(img, dtype=torch.float32)[None], torch.tensor(p, dtype=torch.float32)
torch.manual_seed(0); np.random.seed(0)
net = nn.Sequential(nn.Conv2d(1, 6, 5, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(216, 2))
opt = torch.optim.Adam(net.parameters(), 3e-3)
train, test = DataLoader(Spots(400, 1, True), 25, shuffle=True), DataLoader(Spots(100, 2), 100)
for e in range(4):
    for a, b in train:
        opt.zero_grad(); nn.MSELoss()(net(a), b).backward(); opt.step()
    with torch.no_grad():
        for a, b in test: print(nn.MSELoss()(net(a), b).item())
"""),
    "rare fraud, class trainer": ("class-imbalance", """
import torch, numpy as np
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch.utils.data import TensorDataset, DataLoader
class Trainer:
    def __init__(self, model, loader, lr):
        self.model, self.loader = model, loader
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.criterion = nn.BCEWithLogitsLoss(«¦pos_weight=torch.tensor(24.0)») #!
    def step(self, batch):
        x, y = batch
        self.optimizer.zero_grad()
        loss = self.criterion(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss.item()
    def fit(self, epochs):
        for _ in range(epochs):
            self.model.train()
            for batch in self.loader:
                self.step(batch)
    @torch.no_grad()
    def predict(self, x):
        self.model.eval()
        return torch.sigmoid(self.model(x))
X, y = make_classification(3000, 10, weights=[0.96], flip_y=0.01, class_sep=0.6, random_state=3)
X = (X - X.mean(0)) / X.std(0)
a, b, c, d = train_test_split(X, y, stratify=y, random_state=0)
f = lambda v: torch.tensor(v, dtype=torch.float32)
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 1))
tr = Trainer(net, DataLoader(TensorDataset(f(a), f(c)[:, None]), 50, shuffle=True), 0.005)
tr.fit(5)
p = tr.predict(f(b))[:, 0].numpy() > 0.5
print("recall", p[d == 1].mean())
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
