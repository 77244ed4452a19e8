"""Quark or gluon? A permutation-invariant network on jet constituents."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

DEFAULTS = {"lr": 1e-5, "epochs": 12, "batch_size": 50, "keep_prob": 0.9, "hidden": 32, "seed": 29}
EXPERIMENT = {"lr": 2e-3, "hidden": 48}
cfg = {**DEFAULTS, **EXPERIMENT}

torch.manual_seed(cfg["seed"])
rng = np.random.default_rng(29)
MAX_PART = 30


def jet(gluon):
    n = min(rng.poisson(15 if gluon else 12) + 2, MAX_PART)
    pt = rng.dirichlet(np.full(n, 0.75 if gluon else 0.55))
    spread = 0.5 if gluon else 0.42
    eta, phi = rng.normal(0, spread, (2, n)) / (1 + 4 * pt)
    out = np.zeros((MAX_PART, 4), dtype=np.float32)
    out[:n] = np.stack([np.log(pt + 1e-4) / 3 + 1, 2 * eta, 2 * phi, np.ones(n)], axis=1)
    return out


class Jets(Dataset):
    def __init__(self, n):
        self.y = rng.integers(0, 2, n)
        self.x = np.stack([jet(k) for k in self.y])

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i].astype(np.float32)


class DeepSet(nn.Module):
    def __init__(self, hidden, keep_prob):
        super().__init__()
        self.drop = nn.Dropout(1 - keep_prob)
        self.phi1, self.phi2 = nn.Linear(3, hidden), nn.Linear(hidden, hidden)
        self.rho1, self.rho2 = nn.Linear(hidden, hidden), nn.Linear(hidden, 1)

    def forward(self, x):
        mask = x[..., 3:]
        h = self.drop(torch.relu(self.phi1(x[..., :3])))
        h = torch.relu(self.phi2(h))
        pooled = (h * mask).sum(dim=1) / 10
        h = self.drop(torch.relu(self.rho1(pooled)))
        return self.rho2(h).squeeze(-1)


train_loader = DataLoader(Jets(1500), batch_size=cfg["batch_size"], shuffle=True)
test_loader = DataLoader(Jets(500), batch_size=500)
model = DeepSet(cfg["hidden"], cfg["keep_prob"])
optimizer = torch.optim.Adam(model.parameters(), lr=cfg["lr"])
bce = nn.BCEWithLogitsLoss()
for epoch in range(cfg["epochs"]):
    model.train()
    total = 0.0
    for x, y in train_loader:
        loss = bce(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch", epoch, "loss", round(total / len(train_loader), 4))

model.eval()
x, y = next(iter(test_loader))
with torch.no_grad():
    print("metric: accuracy", ((model(x) > 0) == (y > 0.5)).float().mean().item())
