"""Does a grid cell see an aftershock? Stress-tensor changes to yes/no, after the aftershock-pattern papers."""
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import roc_auc_score
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(53)
rng = np.random.default_rng(53)


class StressCells(Dataset):
    """Six independent components of the stress change per cell."""

    def __init__(self, n=4000):
        s = rng.normal(0, 1, (n, 6)).astype("float32")
        full = np.stack([s[:, [0, 1, 2]], s[:, [1, 3, 4]], s[:, [2, 4, 5]]], 1)
        dev = full - np.trace(full, axis1=1, axis2=2)[:, None, None] / 3 * np.eye(3)
        j2 = 0.5 * (dev ** 2).sum((1, 2))
        p = 1 / (1 + np.exp(-1.6 * (j2 - 3.3)))
        self.s = torch.from_numpy(s)
        self.hit = torch.from_numpy((rng.random(n) < p).astype("float32"))

    def __len__(self):
        return len(self.hit)

    def __getitem__(self, i):
        return self.s[i], self.hit[i]


cells = StressCells()
train, test = random_split(cells, [3000, 1000])
train_loader = DataLoader(train, batch_size=50, shuffle=True)
test_loader = DataLoader(test, batch_size=len(test))

net = nn.Sequential(
    nn.Linear(6, 50), nn.Tanh(), nn.Dropout(0.1),
    nn.Linear(50, 50), nn.Tanh(), nn.Dropout(0.1),
    nn.Linear(50, 1),
)
opt = torch.optim.Adam(net.parameters(), lr=6e-3)
bce = nn.BCEWithLogitsLoss()
for epoch in range(15):
    net.train()
    total = 0.0
    for s, hit in train_loader:
        opt.zero_grad()
        loss = bce(net(s).squeeze(1), hit)
        loss.backward()
        opt.step()
        total += loss.item()
    print("epoch", epoch + 1, "loss", round(total / len(train_loader), 4))

net.eval()
with torch.no_grad():
    s, hit = next(iter(test_loader))
    print("metric: auc", roc_auc_score(hit.numpy(), net(s).squeeze(1).numpy()))
