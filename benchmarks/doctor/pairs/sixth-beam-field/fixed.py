"""Physics-informed network for u'' = -pi^2 sin(pi x) - 2 on (0, 1) with u(0) = 1, u(1) = -1."""
import math
from typing import NamedTuple

import torch
from torch import nn


class Terms(NamedTuple):
    residual: torch.Tensor
    boundary: torch.Tensor


WEIGHTS = {
    "residual": 1.0,
    "boundary": 20.0,
}


def exact(x):
    return torch.sin(math.pi * x) - x ** 2 - x + 1


class Field(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x):
        return self.net(2 * x - 1)


def terms(field, x, ends, values):
    x = x.requires_grad_(True)
    u = field(x)
    (du,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    (ddu,) = torch.autograd.grad(du.sum(), x, create_graph=True)
    residual = ddu + math.pi ** 2 * torch.sin(math.pi * x) + 2
    return Terms(residual.square().mean(), (field(ends) - values).square().mean())


torch.manual_seed(44)
field = Field()
optimizer = torch.optim.Adam(field.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1200)
ends, values = torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [-1.0]])

for it in range(1200):
    t = terms(field, torch.rand(48, 1), ends, values)
    loss = sum(WEIGHTS[name] * value for name, value in t._asdict().items())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    if it % 200 == 199:
        print(f"{it + 1} residual {t.residual.item():.5f} boundary {t.boundary.item():.5f}")

grid = torch.linspace(0, 1, 201).unsqueeze(1)
with torch.no_grad():
    error = ((field(grid) - exact(grid)).square().mean() / exact(grid).square().mean()).sqrt()
print(f"metric: relative_error {error.item():.5f}")
