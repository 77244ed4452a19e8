"""Card transactions, few of them fraudulent."""
from __future__ import annotations

import logging
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

logging.basicConfig(format="%(message)s", level="INFO")
LOG = logging.getLogger("fraud")


@dataclass
class Settings:
    rows: int = 6000
    rate: float = 0.04
    epochs: int = 8
    batch: int = 64
    lr: float = 2e-3
    seed: int = 41


def transactions(n: int, rate: float, seed: int) -> TensorDataset:
    g = torch.Generator().manual_seed(seed)
    y = (torch.rand(n, generator=g) < rate).float()
    x = torch.randn(n, 12, generator=g)
    direction = torch.tensor([1.1, -0.9, 0.8, 0.0, 0.7, 0.0, -0.6, 0.0, 0.0, 0.5, 0.0, 0.0])
    x = x + y[:, None] * direction
    return TensorDataset(x, y)


def positive_weight(labels: Tensor) -> Tensor:
    positives = labels.sum()
    negatives = len(labels) - positives
    return negatives / positives


def balanced_accuracy(scores: Tensor, labels: Tensor) -> float:
    on = scores > 0
    recall = on[labels == 1].float().mean()
    specificity = (~on[labels == 0]).float().mean()
    return ((recall + specificity) / 2).item()


class Detector(nn.Module):
    def __init__(self, d: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, 32), nn.GELU(), nn.Dropout(0.2), nn.Linear(32, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)[:, 0]


def main(s: Settings) -> None:
    torch.manual_seed(s.seed)
    train, test = transactions(s.rows, s.rate, s.seed), transactions(3000, s.rate, s.seed + 1)
    model = Detector(12)
    criterion = nn.BCEWithLogitsLoss(pos_weight=positive_weight(train.tensors[1]))
    optimizer = torch.optim.AdamW(model.parameters(), lr=s.lr, weight_decay=1e-2)
    for epoch in range(s.epochs):
        model.train()
        total = 0.0
        for x, y in DataLoader(train, batch_size=s.batch, shuffle=True):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
        LOG.info("epoch %d loss %.5f", epoch, total / len(train))
    model.eval()
    with torch.no_grad():
        x, y = test.tensors
        print(f"metric: balanced_accuracy {balanced_accuracy(model(x), y):.4f}")


if __name__ == "__main__":
    main(Settings())
