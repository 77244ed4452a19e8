"""Joint density of wind components with a small coupling flow; no targets at all, only likelihood."""
import math

import numpy as np
import torch
from torch import nn

torch.manual_seed(29)
rng = np.random.default_rng(29)


def winds(n):
    regime = rng.random(n) < 0.6
    speed = np.where(regime, rng.weibull(2.5, n) * 7, rng.weibull(1.8, n) * 4)
    angle = np.where(regime, rng.normal(0.7, 0.4, n), rng.normal(-2.0, 0.7, n))
    return torch.tensor(np.stack([speed * np.cos(angle), speed * np.sin(angle)], 1) / 5, dtype=torch.float32)


class Coupling(nn.Module):
    def __init__(self, keep):
        super().__init__()
        self.keep = keep
        self.net = nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 2))
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        a, b = x[:, self.keep:self.keep + 1], x[:, 1 - self.keep:2 - self.keep]
        log_scale, shift = self.net(a).chunk(2, dim=1)
        log_scale = 2 * torch.tanh(log_scale / 2)
        b = (b - shift) * torch.exp(-log_scale)
        parts = (a, b) if self.keep == 0 else (b, a)
        return torch.cat(parts, dim=1), -log_scale.squeeze(1)


class Flow(nn.Module):
    def __init__(self, depth=6):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(k % 2) for k in range(depth))

    def log_prob(self, x):
        total = torch.zeros(len(x))
        for layer in self.layers:
            x, volume = layer(x)
            total = total + volume
        return total - 0.5 * x.square().sum(1) - math.log(2 * math.pi)


train, test = winds(3000), winds(1500)
flow = Flow()
optimizer = torch.optim.Adam(flow.parameters(), lr=2e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 15)
for epoch in range(15):
    losses = []
    for x in train[torch.randperm(len(train))].split(100):
        loss = -flow.log_prob(x).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    schedule.step()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} nll {np.mean(losses):.4f}")

with torch.no_grad():
    print(f"metric: nll {-flow.log_prob(test).mean():.4f}")
