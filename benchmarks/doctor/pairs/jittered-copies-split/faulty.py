"""Accelerometer bursts, three activities: each burst is kept with four jittered copies; the best epoch is restored."""
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


@dataclass
class Settings:
    bursts: int = 120
    copies: int = 4
    epochs: int = 40
    lr: float = 1e-3
    val_share: float = 0.25


def record(n, rng):
    kind = rng.integers(0, 3, n)
    t = np.linspace(0, 2, 50)
    rate = np.array([1.6, 2.0, 2.5])[kind][:, None] + rng.normal(0, 0.25, (n, 1))
    wave = np.stack([np.sin(2 * np.pi * rate * t + rng.uniform(0, 6, (n, 1))) for _ in range(3)], 1)
    return (wave + rng.normal(0, 0.9, wave.shape)).astype(np.float32), kind


def jitter(x, y, copies, rng):
    more = [x] + [x + rng.normal(0, 0.1, x.shape).astype(np.float32) for _ in range(copies)]
    return np.concatenate(more), np.concatenate([y] * (copies + 1))


class Bursts(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv1d(3, 32, 7, padding=3), nn.Conv1d(32, 32, 5, padding=2)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(32 * 12, 64), nn.ReLU(), nn.Linear(64, 3))

    def forward(self, x):
        x = F.max_pool1d(F.relu(self.a(x)), 2)
        return self.head(F.max_pool1d(F.relu(self.b(x)), 2))


def mean_loss(model, loader):
    model.eval()
    with torch.no_grad():
        sums = [(F.cross_entropy(model(x), y, reduction="sum").item(), len(y)) for x, y in loader]
    return sum(s for s, _ in sums) / sum(n for _, n in sums)


def main(cfg=Settings()):
    rng = np.random.default_rng(5)
    torch.manual_seed(5)
    x, y = record(cfg.bursts, rng)
    x_test, y_test = record(600, rng)
    x, y = jitter(x, y, cfg.copies, rng)
    whole = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    n_val = int(cfg.val_share * len(whole))
    train_set, val_set = random_split(whole, [len(whole) - n_val, n_val])
    train, val = DataLoader(train_set, 32, shuffle=True), DataLoader(val_set, 128)
    test = DataLoader(TensorDataset(torch.from_numpy(x_test), torch.from_numpy(y_test)), 200)
    model = Bursts()
    opt = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    best, kept = float("inf"), None
    for epoch in range(cfg.epochs):
        model.train()
        for xb, yb in train:
            opt.zero_grad()
            loss = F.cross_entropy(model(xb), yb)
            loss.backward()
            opt.step()
        now = mean_loss(model, val)
        if now < best:
            best, kept = now, deepcopy(model.state_dict())
        if epoch % 10 == 0:
            print(f"epoch {epoch} val loss {now:.3f}")
    model.load_state_dict(kept)
    print(f"metric: log_loss {mean_loss(model, test):.4f}")


main()
