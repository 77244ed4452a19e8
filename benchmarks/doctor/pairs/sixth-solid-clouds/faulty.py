"""Point clouds: which solid were they sampled from? PointNet-like, gradients accumulated."""
from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


@dataclasses.dataclass
class RunConfig:
    points: int = 32
    train_clouds: int = 800
    micro_batch: int = 20
    accumulate: int = 64
    epochs: int = 15
    lr: float = 3e-3
    seed: int = 61


def clouds(n: int, points: int) -> TensorDataset:
    kind = torch.randint(0, 3, (n,))
    g = torch.randn(n, points, 3)
    sphere = g / g.norm(dim=2, keepdim=True)
    cube = torch.rand(n, points, 3) * 2 - 1
    axis = torch.randint(0, 3, (n, points, 1))
    cube = cube.scatter(2, axis, torch.sign(cube.gather(2, axis)))
    theta = torch.rand(n, points) * 2 * math.pi
    tube = torch.stack([theta.cos(), theta.sin(), torch.rand(n, points) * 2 - 1], dim=2)
    x = torch.stack([sphere, cube, tube], dim=0)[kind, torch.arange(n)]
    return TensorDataset(x + 0.04 * torch.randn_like(x), kind)


class PointNet(nn.Module):
    def __init__(self, classes: int = 3, width: int = 48) -> None:
        super().__init__()
        self.local = nn.Sequential(nn.Linear(3, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.glob = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, classes))

    def forward(self, x: Tensor) -> Tensor:
        h = self.local(x)
        return self.glob(torch.cat([h.amax(dim=1), h.mean(dim=1)], dim=1))


class Runner:
    def __init__(self, cfg: RunConfig) -> None:
        torch.manual_seed(cfg.seed)
        self.cfg = cfg
        self.train_loader = DataLoader(clouds(cfg.train_clouds, cfg.points), cfg.micro_batch, shuffle=True)
        self.test = clouds(400, cfg.points)
        self.model = PointNet()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)

    def epoch(self) -> float:
        self.model.train()
        self.optimizer.zero_grad()
        total = 0.0
        for step, (x, y) in enumerate(self.train_loader):
            loss = nn.functional.cross_entropy(self.model(x), y)
            (loss / self.cfg.accumulate).backward()
            if (step + 1) % self.cfg.accumulate == 0:
                self.optimizer.step()
                self.optimizer.zero_grad()
            total += loss.item()
        return total / len(self.train_loader)

    def accuracy(self) -> float:
        self.model.eval()
        x, y = self.test.tensors
        with torch.no_grad():
            return (self.model(x).argmax(1) == y).float().mean().item()

    def run(self) -> None:
        for n in range(self.cfg.epochs):
            print(f"epoch {n + 1:2d} loss {self.epoch():.4f}")
        print(f"metric: accuracy {self.accuracy():.4f}")


Runner(RunConfig()).run()
