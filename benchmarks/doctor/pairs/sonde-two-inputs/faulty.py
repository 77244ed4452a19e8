"""Cloud cover from a sounding (temperature in K, 20 levels) and surface values (Pa, m2/s2, fraction)."""
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn


@dataclass(frozen=True)
class Plan:
    profile: tuple[int, ...] = (24, 24)
    surface: int = 24
    lr: float = 1e-3
    epochs: int = 20
    batch: int = 64
    seed: int = field(default=9)


def soundings(n, rng):
    z = np.linspace(0, 1, 20)
    lapse, invert = rng.normal(0, 1, (2, n))
    temperature = 290 - 60 * z + 2 * lapse[:, None] * z + 3 * invert[:, None] * np.exp(-((z - 0.3) ** 2) / 0.01)
    pressure = 101325 + 900 * rng.normal(size=n)
    geopotential = 3000 * rng.random(n)
    humidity = rng.random(n)
    cloud = np.tanh(2 * (humidity - 0.5)) * (1 + 0.6 * np.tanh(invert)) - 0.5 * (pressure - 101325) / 900 * (lapse > 0)
    surface = np.stack([pressure, geopotential, humidity], 1)
    return temperature, surface, cloud + 0.1 * rng.normal(size=n)


class TwoBranch(nn.Module):
    def __init__(self, plan):
        super().__init__()
        layers, size = [], 20
        for width in plan.profile:
            layers += [nn.Linear(size, width), nn.ReLU()]
            size = width
        self.profile = nn.Sequential(*layers)
        self.surface = nn.Sequential(nn.Linear(3, plan.surface), nn.ReLU())
        self.join = nn.Sequential(nn.Linear(size + plan.surface, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, temperature, surface):
        return self.join(torch.cat([self.profile(temperature), self.surface(surface)], dim=-1)).squeeze(-1)


def fit(plan, data):
    model = TwoBranch(plan)
    opt = torch.optim.Adam(model.parameters(), lr=plan.lr)
    t, s, y = data
    for epoch in range(plan.epochs):
        for rows in torch.randperm(len(y)).split(plan.batch):
            loss = torch.mean((model(t[rows], s[rows]) - y[rows]) ** 2)
            opt.zero_grad()
            loss.backward()
            opt.step()
        if epoch % 5 == 0:
            print(f"epoch {epoch:2d}: {loss.item():.4f}")
    return model


plan = Plan()
torch.manual_seed(plan.seed)
t, s, y = soundings(4000, np.random.default_rng(plan.seed))
t, s, y = (torch.tensor(part, dtype=torch.float32) for part in (t, s, y))
model = fit(plan, (t[:3000], s[:3000], y[:3000]))
with torch.no_grad():
    left = ((model(t[3000:], s[3000:]) - y[3000:]) ** 2).mean()
print(f"metric: r2 {(1 - left / y[3000:].var()).item():.4f}")
