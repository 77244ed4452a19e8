"""Micro-earthquake trigger: does a two-second window hold a P arrival?"""
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    n_train: int = 4000
    n_test: int = 2000
    rate: float = 0.04          # share of windows with an event
    samples: int = 64
    epochs: int = 12
    batch_size: int = 64
    lr: float = 3e-3
    seed: int = 2


def windows(n, cfg, rng):
    noise = rng.normal(0, 1, (n, cfg.samples))
    noise = 0.6 * noise + 0.4 * np.roll(noise, 1, axis=1) + 0.3 * np.roll(noise, 2, axis=1)
    label = (rng.random(n) < cfg.rate).astype(np.float32)
    t = np.arange(cfg.samples)
    onset = rng.integers(8, 44, n)
    after = np.clip(t[None] - onset[:, None], 0, None)
    wave = (after > 0) * np.exp(-after / 9.0) * np.sin(after * rng.uniform(0.9, 1.3, (n, 1)))
    size = rng.lognormal(0.9, 0.3, (n, 1))
    trace = noise + label[:, None] * size * wave
    x = torch.tensor(trace, dtype=torch.float32)
    x = (x - x.mean(1, keepdim=True)) / 0.78
    return TensorDataset(x.unsqueeze(1), torch.tensor(label))


class Trigger(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(1, 12, 9, padding=4), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(12, 16, 7, padding=3), nn.ReLU(), nn.AdaptiveMaxPool1d(4),
        )
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        return self.out(self.conv(x).flatten(1)).squeeze(1)


def balanced_accuracy(pred, truth):
    return 0.5 * (pred[truth == 1].float().mean() + (1 - pred[truth == 0].float()).mean()).item()


def train(cfg):
    torch.manual_seed(cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    train_set, test_set = windows(cfg.n_train, cfg, rng), windows(cfg.n_test, cfg, rng)
    loader = DataLoader(train_set, cfg.batch_size, shuffle=True)
    net = Trigger()
    criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor((1 - cfg.rate) / cfg.rate))
    opt = torch.optim.Adam(net.parameters(), lr=cfg.lr)
    for epoch in range(cfg.epochs):
        net.train()
        total = 0.0
        for x, y in loader:
            opt.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            opt.step()
            total += loss.item() * len(y)
        net.eval()
        with torch.no_grad():
            x, y = test_set.tensors
            logits = net(x)
            val_loss = criterion(logits, y).item()
            hit = logits > 0
            acc = (hit.float() == y).float().mean().item()
            bal = balanced_accuracy(hit, y)
        print(f"epoch {epoch + 1}: loss {total / len(train_set):.4f} val {val_loss:.4f} acc {acc:.4f} balanced {bal:.4f}")
    return bal


if __name__ == "__main__":
    print(f"metric: balanced_accuracy {train(Config()):.4f}")
