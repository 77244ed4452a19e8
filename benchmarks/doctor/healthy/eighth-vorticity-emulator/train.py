"""One-step emulator for tracer advection on a periodic channel with islands."""
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    size: int = 24
    runs: int = 40
    steps: int = 16
    width: int = 24
    epochs: int = 14
    batch: int = 32
    lr: float = 3e-3
    seed: int = 4


def islands(size):
    y, x = np.mgrid[:size, :size]
    land = ((x - 6) ** 2 + (y - 8) ** 2 < 9) | ((x - 17) ** 2 + (y - 16) ** 2 < 6)
    return ~land


def integrate(cfg, ocean, rng):
    n = cfg.size
    y, x = np.mgrid[:n, :n] / n * 2 * np.pi
    field = sum(rng.normal() * np.sin(k * x + rng.uniform(0, 6)) * np.cos(j * y + rng.uniform(0, 6))
                for k in (1, 2) for j in (1, 2))
    u, v = 0.35 + 0.15 * np.sin(y), 0.2 * np.cos(x)
    out = [field * ocean]
    for _ in range(cfg.steps):
        for _ in range(3):
            dx = (np.roll(field, -1, 1) - np.roll(field, 1, 1)) / 2
            dy = (np.roll(field, -1, 0) - np.roll(field, 1, 0)) / 2
            lap = sum(np.roll(field, s, a) for s in (-1, 1) for a in (0, 1)) - 4 * field
            field = field - u * dx - v * dy + 0.06 * lap
            field = field * ocean
        out.append(field)
    return np.stack(out)


class Transitions(Dataset):
    def __init__(self, runs):
        runs = torch.as_tensor(runs, dtype=torch.float32)
        self.now = runs[:, :-1].reshape(-1, 1, *runs.shape[-2:])
        self.next = runs[:, 1:].reshape(-1, 1, *runs.shape[-2:])

    def __len__(self):
        return len(self.now)

    def __getitem__(self, i):
        return self.now[i], self.next[i]


class Emulator(nn.Module):
    def __init__(self, width, ocean):
        super().__init__()
        n = ocean.shape[-1]
        self.register_buffer("ocean", torch.as_tensor(ocean, dtype=torch.float32)[None, None])
        lat = torch.linspace(0, 2 * torch.pi, n + 1)[:-1]
        grid = torch.stack([lat.sin()[:, None].expand(n, n), lat.cos()[None, :].expand(n, n)])
        self.register_buffer("grid", grid[None])
        conv = dict(kernel_size=3, padding=1, padding_mode="circular")
        self.inp = nn.Conv2d(4, width, **conv)
        self.mid = nn.Conv2d(width, width, **conv)
        self.out = nn.Conv2d(width, 1, **conv)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, field):
        b = len(field)
        h = torch.cat([field, self.ocean.expand(b, -1, -1, -1), self.grid.expand(b, -1, -1, -1)], 1)
        h = F.gelu(self.inp(h))
        h = h + F.gelu(self.mid(h))
        return (field + self.out(h)) * self.ocean


def masked_mse(pred, true, ocean):
    return ((pred - true) ** 2 * ocean).sum() / (ocean.sum() * len(pred))


def main(cfg=Config()):
    torch.manual_seed(cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    ocean = islands(cfg.size)
    runs = np.stack([integrate(cfg, ocean, rng) for _ in range(cfg.runs)])
    scale = runs[:32][:, :, ocean].std()
    runs = runs / scale
    loader = DataLoader(Transitions(runs[:32]), cfg.batch, shuffle=True)
    held = torch.as_tensor(runs[32:], dtype=torch.float32)

    model = Emulator(cfg.width, ocean)
    opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=1e-4)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, cfg.lr, total_steps=cfg.epochs * len(loader))
    for epoch in range(cfg.epochs):
        total = 0.0
        for now, nxt in loader:
            loss = masked_mse(model(now), nxt, model.ocean)
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            sched.step()
            total += loss.item()
        print(f"epoch {epoch} one-step mse {total / len(loader):.5f}")

    with torch.no_grad():
        state = held[:, :1]
        for _ in range(4):
            state = model(state)
        err = ((state - held[:, 4:5]) ** 2).sum()
        persistence = ((held[:, :1] - held[:, 4:5]) ** 2).sum()
    print(f"metric: skill {1 - (err / persistence).item():.4f}")


main()
