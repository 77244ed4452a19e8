"""Four kinds of plankton from small pictures of an imaging cytometer."""
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    size: int = 24
    train: int = 1000
    test: int = 300
    batch: int = 25
    epochs: int = 10
    lr: float = 2e-3
    seed: int = 73
    kinds: list = field(default_factory=lambda: ["diatom", "chain", "copepod", "flagellate"])


def picture(kind, size, rng):
    y, x = np.mgrid[-1:1:size * 1j, -1:1:size * 1j]
    a = rng.uniform(0, np.pi)
    u, v = x * np.cos(a) + y * np.sin(a), -x * np.sin(a) + y * np.cos(a)
    s = rng.uniform(0.8, 1.2)
    if kind == 0:
        body = (u / (0.75 * s)) ** 2 + (v / (0.18 * s)) ** 2 < 1
    elif kind == 1:
        body = np.zeros_like(x, bool)
        for c in (-0.5, 0.0, 0.5):
            body |= (u - c * s) ** 2 + v ** 2 < (0.17 * s) ** 2
    elif kind == 2:
        body = (u / (0.4 * s)) ** 2 + (v / (0.25 * s)) ** 2 < 1
        body |= (np.abs(np.abs(v) - 0.9 * (u - 0.1)) < 0.1) & (u > 0.1) & (u < 0.7 * s)
    else:
        body = u ** 2 + v ** 2 < (0.3 * s) ** 2
        body |= (np.abs(v - 0.15 * np.sin(9 * u)) < 0.07) & (u > 0) & (u < 0.85 * s)
    image = rng.uniform(0.5, 1.0) * body + rng.normal(0, 0.18, x.shape)
    return np.roll(image, rng.integers(-2, 3, 2), (0, 1))


class Plankton(Dataset):
    def __init__(self, count, cfg, seed):
        rng = np.random.default_rng(seed)
        kind = rng.integers(0, len(cfg.kinds), count)
        image = np.stack([picture(k, cfg.size, rng) for k in kind])
        self.image = torch.tensor((image - 0.15) / 0.35, dtype=torch.float32)[:, None]
        self.kind = torch.tensor(kind)

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, i):
        image = self.image[i]
        if torch.rand(()) < 0.5:
            image = image.flip(-1)
        return image, self.kind[i]


class Net(nn.Module):
    def __init__(self, kinds, width=12):
        super().__init__()
        def stage(a, b):
            return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(), nn.MaxPool2d(2))
        self.stages = nn.Sequential(stage(1, width), stage(width, 2 * width), stage(2 * width, 2 * width))
        self.head = nn.Linear(2 * width * 9, kinds)

    def forward(self, x):
        return self.head(self.stages(x).flatten(1))


def gradient_norm(model):
    grads = [p.grad.norm() for p in model.parameters() if p.grad is not None]
    return torch.stack(grads).norm().item() if grads else 0.0


def train_epoch(model, loader, criterion, optimizer):
    model.train()
    losses, norms = [], []
    for image, kind in loader:
        loss = criterion(model(image), kind)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        norms.append(gradient_norm(model))
        losses.append(loss.item())
    return np.mean(losses), np.mean(norms)


def accuracy(model, data):
    model.eval()
    with torch.no_grad():
        return (model(data.image).argmax(1) == data.kind).float().mean().item()


def main(cfg):
    torch.manual_seed(cfg.seed)
    train, test = Plankton(cfg.train, cfg, 1), Plankton(cfg.test, cfg, 2)
    model = Net(len(cfg.kinds))
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    for epoch in range(cfg.epochs):
        loss, norm = train_epoch(model, DataLoader(train, cfg.batch, shuffle=True), nn.CrossEntropyLoss(), optimizer)
        print(f"epoch {epoch} loss {loss:.4f} gradient {norm:.3f} accuracy {accuracy(model, test):.4f}")
    print(f"metric: accuracy {accuracy(model, test):.4f}")


main(Config())
