"""Attention-based multiple instance learning: a bag is positive if any of its cells is abnormal."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass(frozen=True)
class Config:
    bag_size: int = 16
    features: int = 10
    hidden: int = 32
    epochs: int = 15
    batch_size: int = 50
    lr: float = 3e-3
    seed: int = 11


def make_bags(n: int, cfg: Config, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    x = rng.normal(size=(n, cfg.bag_size, cfg.features))
    y = rng.integers(0, 2, n)
    for i in np.flatnonzero(y):
        k = rng.integers(1, 3)
        who = rng.choice(cfg.bag_size, k, replace=False)
        x[i, who, :3] += 2.4
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


class GatedAttention(nn.Module):
    def __init__(self, dim: int, inner: int = 16) -> None:
        super().__init__()
        self.v = nn.Linear(dim, inner)
        self.u = nn.Linear(dim, inner)
        self.w = nn.Linear(inner, 1)

    def forward(self, h: Tensor) -> Tensor:
        scores = self.w(torch.tanh(self.v(h)) * torch.sigmoid(self.u(h)))
        weights = torch.softmax(scores, dim=1)
        return (weights * h).sum(dim=1)


class BagClassifier(nn.Module):
    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(cfg.features, cfg.hidden), nn.ReLU(), nn.Linear(cfg.hidden, cfg.hidden), nn.ReLU())
        self.pool = GatedAttention(cfg.hidden)
        self.head = nn.Linear(cfg.hidden, 1)

    def forward(self, bags: Tensor) -> Tensor:
        return self.head(self.pool(self.embed(bags))).squeeze(-1)


def run(cfg: Config) -> float:
    torch.manual_seed(cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    train = TensorDataset(*make_bags(1500, cfg, rng))
    test_x, test_y = make_bags(600, cfg, rng)
    model = BagClassifier(cfg)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr, weight_decay=1e-4)
    criterion = nn.BCEWithLogitsLoss()
    for epoch in range(cfg.epochs):
        model.train()
        running = 0.0
        for bags, labels in DataLoader(train, batch_size=cfg.batch_size, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(model(bags), labels)
            loss.backward()
            optimizer.step()
            running += loss.item() * len(labels)
        print(f"epoch {epoch:02d} loss {running / len(train):.4f}")
    model.eval()
    with torch.inference_mode():
        predicted = torch.cat([model(b) for b in test_x.split(1)]) > 0
    return (predicted == test_y.bool()).float().mean().item()


if __name__ == "__main__":
    print(f"metric: accuracy {run(Config()):.4f}")
