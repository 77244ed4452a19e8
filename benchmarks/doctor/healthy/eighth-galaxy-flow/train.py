"""Density of galaxy colours with a small coupling flow."""
import math

import numpy as np
import torch
import torch.nn as nn

SEED = 5


def colours(n, rng):
    """u-g, g-r, r-i, z-band size: a red sequence and a curved blue cloud."""
    red = rng.random(n) < 0.4
    age = np.where(red, rng.normal(1.0, 0.15, n), rng.gamma(2.0, 0.25, n))
    gr = 0.25 + 0.6 * np.tanh(age) + 0.03 * rng.normal(size=n)
    ug = 0.7 + 1.3 * gr ** 2 + 0.08 * rng.normal(size=n)
    ri = 0.1 + 0.4 * np.sin(1.5 * gr) + 0.03 * rng.normal(size=n)
    size = np.where(red, 0.4, 0.9) + 0.1 * rng.normal(size=n) + 0.2 * gr
    return np.stack([ug, gr, ri, size], 1)


class Coupling(nn.Module):
    def __init__(self, dim, keep, hidden=32):
        super().__init__()
        mask = torch.zeros(dim)
        mask[keep] = 1
        self.register_buffer("mask", mask)
        self.net = nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                                 nn.Linear(hidden, 2 * dim))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        shift, log_scale = self.net(x * self.mask).chunk(2, dim=1)
        free = 1 - self.mask
        log_scale = 2 * torch.tanh(log_scale / 2) * free
        return x * log_scale.exp() + shift * free, log_scale.sum(1)


class Flow(nn.Module):
    def __init__(self, dim, layers=6):
        super().__init__()
        keeps = [[0, 1], [2, 3], [0, 2], [1, 3], [0, 3], [1, 2]]
        self.layers = nn.ModuleList(Coupling(dim, keeps[k % len(keeps)]) for k in range(layers))
        self.dim = dim

    def log_prob(self, x):
        logdet = x.new_zeros(len(x))
        for layer in self.layers:
            x, ld = layer(x)
            logdet = logdet + ld
        return -0.5 * (x ** 2).sum(1) - 0.5 * self.dim * math.log(2 * math.pi) + logdet


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train, test = colours(3000, rng), colours(1000, rng)
    mean, std = train.mean(0), train.std(0)
    train = torch.tensor((train - mean) / std, dtype=torch.float32)
    test = torch.tensor((test - mean) / std, dtype=torch.float32)

    flow = Flow(4)
    optimizer = torch.optim.Adam(flow.parameters(), lr=3e-3)
    batches, epochs = len(train) // 150, 30
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, batches * epochs)
    for epoch in range(epochs):
        order = torch.randperm(len(train))
        running = 0.0
        for index in order.chunk(batches):
            nll = -flow.log_prob(train[index]).mean()
            optimizer.zero_grad()
            nll.backward()
            nn.utils.clip_grad_norm_(flow.parameters(), 10.0)
            optimizer.step()
            schedule.step()
            running += nll.item() / batches
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} nll {running:.3f}")

    with torch.no_grad():
        ours = flow.log_prob(test).mean().item()
        gauss = torch.distributions.MultivariateNormal(train.mean(0), torch.cov(train.T))
        print(f"gaussian {gauss.log_prob(test).mean().item():.3f}")
    print(f"metric: log_likelihood {ours:.4f}")


main()
