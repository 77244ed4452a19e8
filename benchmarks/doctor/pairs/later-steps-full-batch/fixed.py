"""Gesture from an accelerometer, GRU, settings from a dataclass."""
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class DataSettings:
    n_train: int = 2048
    n_test: int = 512
    batch_size: int = 32


@dataclass
class Settings:
    data: DataSettings = field(default_factory=DataSettings)
    hidden: int = 24
    lr: float = 2e-3
    epochs: int = 8


def gestures(n):
    kind = torch.randint(0, 4, (n,))
    t = torch.linspace(0, 1, 20)
    turns = torch.tensor([1.0, 2.0, 3.0, 4.0])[kind]
    phase = torch.rand(n, 1) * 6.28
    wave = torch.sin(6.28 * turns[:, None] * t + phase)
    return torch.stack([wave, torch.cos(6.28 * turns[:, None] * t + phase)], 2) + 0.5 * torch.randn(n, 20, 2), kind


class Gesture(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.gru = nn.GRU(2, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, 4)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.fc(out.mean(1))


def run(cfg):
    torch.manual_seed(29)
    train_loader = DataLoader(TensorDataset(*gestures(cfg.data.n_train)), batch_size=cfg.data.batch_size, shuffle=True)
    x, y = gestures(cfg.data.n_test)
    model = Gesture(cfg.hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    for epoch in range(cfg.epochs):
        for xb, yb in train_loader:
            loss = nn.functional.cross_entropy(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            acc = (model(x).argmax(1) == y).float().mean().item()
        print(f"epoch {epoch} loss {loss.item():.3f} acc {acc:.3f}")
    return acc


print(f"metric: accuracy {run(Settings()):.4f}")
