"""Tag rare two-prong jets from unordered particles, with masks and accumulated gradients."""
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


@dataclass(frozen=True)
class Settings:
    jets: int = 4000
    most: int = 24
    signal: float = 0.15
    micro: int = 32
    accumulate: int = 4
    epochs: int = 14
    lr: float = 4e-3


class Jets(Dataset):
    def __init__(self, cfg, rng):
        n, m = cfg.jets, cfg.most
        self.y = torch.tensor((rng.random(n) < cfg.signal).astype(np.int64))
        feats, mask = np.zeros((n, m, 4), np.float32), np.zeros((n, m), bool)
        for i in range(n):
            k = rng.integers(10, m + 1)
            pt = rng.exponential(1.0, k) + 0.05
            if self.y[i]:
                angle, gap = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.5)
                side = np.where(rng.random(k) < rng.uniform(0.35, 0.65), 1, -1)
                eta = side * gap * np.cos(angle) + rng.normal(0, 0.12, k)
                phi = side * gap * np.sin(angle) + rng.normal(0, 0.12, k)
            else:
                width = rng.uniform(0.1, 0.45)
                eta, phi = rng.normal(0, width, k), rng.normal(0, width, k)
            feats[i, :k] = np.stack([np.log(pt), pt / pt.sum() * 10, eta * 4, phi * 4], 1)
            mask[i, :k] = True
        self.x, self.mask = torch.tensor(feats), torch.tensor(mask)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.mask[i], self.y[i]


class DeepSet(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.phi = nn.Sequential(nn.Linear(4, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
        self.pair = nn.Linear(hidden, hidden)
        self.rho = nn.Sequential(nn.LayerNorm(2 * hidden), nn.Linear(2 * hidden, hidden), nn.GELU(), nn.Linear(hidden, 2))

    def forward(self, x, mask):
        keep = mask.unsqueeze(-1).float()
        h = self.phi(x) * keep
        mean = h.sum(1) / keep.sum(1)
        h = torch.relu(self.pair(h - mean.unsqueeze(1))) * keep
        peak = h.masked_fill(~mask.unsqueeze(-1), float("-inf")).amax(1)
        return self.rho(torch.cat([h.sum(1) / keep.sum(1), peak], 1))


def balanced_accuracy(model, loader):
    model.eval()
    table = torch.zeros(2, 2)
    with torch.no_grad():
        for x, mask, y in loader:
            for t, p in zip(y, model(x, mask).argmax(1)):
                table[t, p] += 1
    return (table.diag() / table.sum(1)).mean().item()


def run(cfg=Settings()):
    torch.manual_seed(13)
    jets = Jets(cfg, np.random.default_rng(13))
    train, test = random_split(jets, [cfg.jets - 800, 800])
    share = jets.y[train.indices].float().mean()
    criterion = nn.CrossEntropyLoss(weight=torch.stack([0.5 / (1 - share), 0.5 / share]))
    model = DeepSet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=1e-3)
    loader = DataLoader(train, cfg.micro, shuffle=True, drop_last=True)
    test_loader = DataLoader(test, 400)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, cfg.epochs)
    for epoch in range(cfg.epochs):
        model.train()
        optimizer.zero_grad()
        total = 0.0
        for i, (x, mask, y) in enumerate(loader):
            loss = criterion(model(x, mask), y)
            (loss / cfg.accumulate).backward()
            total += loss.item()
            if (i + 1) % cfg.accumulate == 0:
                optimizer.step()
                optimizer.zero_grad()
        schedule.step()
        print(f"epoch {epoch} loss {total / len(loader):.4f} balanced {balanced_accuracy(model, test_loader):.4f}")
    print(f"metric: balanced_accuracy {balanced_accuracy(model, test_loader):.4f}")


run()
