"""Invert apparent resistivity soundings for layered log resistivity; a roughness term keeps profiles smooth."""
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    depth: int = 30
    spacings: int = 16
    train: int = 1500
    test: int = 300
    hidden: int = 96
    batch: int = 32
    epochs: int = 25
    lr: float = 2e-3
    smooth: float = 0.1
    seed: int = 45


def profiles(n, depth, rng):
    out = np.zeros((n, depth))
    for row in out:
        edges = np.sort(rng.choice(np.arange(3, depth - 2), 2, replace=False))
        for part in np.split(np.arange(depth), edges):
            row[part] = rng.uniform(0.8, 3.0)
    return out


def sound(log_rho, spacings, rng):
    """Each spacing sees the ground with a sensitivity that peaks at a depth of its own."""
    z = np.arange(log_rho.shape[1]) + 0.5
    reach = np.geomspace(1, 28, spacings)[:, None]
    kernel = z / reach ** 2 * np.exp(-z / reach)
    kernel /= kernel.sum(1, keepdims=True)
    return log_rho @ kernel.T + rng.normal(0, 0.002, (len(log_rho), spacings))


class Inverter(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(cfg.spacings, cfg.hidden), nn.GELU(),
                                 nn.Linear(cfg.hidden, cfg.hidden), nn.GELU(),
                                 nn.Linear(cfg.hidden, cfg.depth))

    def forward(self, data):
        return self.net(data)


def roughness(model):
    """Size of the steps between neighbouring depths."""
    return (model[:, 1:] - model[:, :-1]).square().sum()


def train(net, loader, cfg):
    optimizer = torch.optim.AdamW(net.parameters(), lr=cfg.lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, cfg.lr, epochs=cfg.epochs, steps_per_epoch=len(loader))
    for epoch in range(cfg.epochs):
        net.train()
        sums = np.zeros(2)
        for data, truth in loader:
            model = net(data)
            misfit = nn.functional.mse_loss(model, truth)
            loss = misfit + cfg.smooth * roughness(model)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            sums += [misfit.item(), loss.item()]
        print("epoch {} misfit {:.4f} loss {:.4f}".format(epoch + 1, *(sums / len(loader))))


def main():
    cfg = Config()
    torch.manual_seed(cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    truth = profiles(cfg.train + cfg.test, cfg.depth, rng)
    data = sound(truth, cfg.spacings, rng)
    mean, std = data[:cfg.train].mean(0), data[:cfg.train].std(0)
    x = torch.tensor((data - mean) / std, dtype=torch.float32)
    y = torch.tensor((truth - 1.9) / 0.64, dtype=torch.float32)
    loader = DataLoader(TensorDataset(x[:cfg.train], y[:cfg.train]), cfg.batch, shuffle=True)
    net = Inverter(cfg)
    train(net, loader, cfg)
    net.eval()
    with torch.no_grad():
        pred, true = net(x[cfg.train:]), y[cfg.train:]
    print(f"metric: r2 {(1 - (pred - true).square().sum() / (true - true.mean(0)).square().sum()).item():.4f}")


main()
