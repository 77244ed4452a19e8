"""Rare events, weighted sampling, frozen random features, prior correction at test time."""
from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler


@dataclass
class Setup:
    n: int = 8000
    rate: float = 0.05
    features: int = 256
    epochs: int = 8
    batch: int = 64
    lr: float = 5e-3


class RandomFeatures(nn.Module):
    def __init__(self, d: int, k: int) -> None:
        super().__init__()
        self.lift = nn.Linear(d, k).requires_grad_(False)
        nn.init.normal_(self.lift.weight, std=0.6)
        nn.init.uniform_(self.lift.bias, 0, 2 * math.pi)

    def forward(self, x: Tensor) -> Tensor:
        return math.sqrt(2) * torch.cos(self.lift(x))


def events(n: int, rate: float) -> tuple[Tensor, Tensor]:
    y = (torch.rand(n) < rate).float()
    x = torch.randn(n, 3)
    ring = nn.functional.normalize(torch.randn(n, 2), dim=1) * 3.2 + 0.2 * torch.randn(n, 2)
    x[:, :2] = torch.where(y[:, None] > 0, ring, x[:, :2])
    return x, y


def main(s: Setup) -> None:
    torch.manual_seed(6)
    x, y = events(s.n, s.rate)
    x_test, y_test = events(4000, s.rate)
    weights = torch.where(y > 0, 0.5 / y.sum(), 0.5 / (1 - y).sum())
    loader = DataLoader(TensorDataset(x, y), s.batch, sampler=WeightedRandomSampler(weights, s.n))
    model = nn.Sequential(RandomFeatures(3, s.features), nn.Linear(s.features, 1), nn.Flatten(0))
    nn.init.zeros_(model[1].weight)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=s.lr, momentum=0.9, weight_decay=1e-4)
    for epoch in range(s.epochs):
        total = 0.0
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(model(xb), yb)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(yb)
        print(f"epoch {epoch + 1} loss {total / s.n:.4f}")
    model.eval()
    with torch.no_grad():
        odds = model(x_test) + math.log(s.rate / (1 - s.rate))
    print(f"metric: average_precision {average_precision_score(y_test.numpy(), odds.sigmoid().numpy()):.4f}")


main(Setup())
