"""Deflection of a clamped membrane under load by minimising its energy (deep Ritz)."""
import math

import torch
from torch import nn

torch.manual_seed(43)


class Sine(nn.Module):
    def __init__(self, fan_in, fan_out, omega):
        super().__init__()
        self.linear = nn.Linear(fan_in, fan_out)
        self.omega = omega
        bound = math.sqrt(6 / fan_in) / omega if omega == 1 else 1 / fan_in
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


class Deflection(nn.Module):
    """The factor x(1-x)y(1-y) keeps the rim at zero."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(Sine(2, 32, 3.0), Sine(32, 32, 1), nn.Linear(32, 1))

    def forward(self, p):
        rim = (p * (1 - p)).prod(dim=1, keepdim=True) * 16
        return rim * self.body(p)


def load(p):
    return 2 * math.pi ** 2 * torch.sin(math.pi * p[:, :1]) * torch.sin(math.pi * p[:, 1:])


model = Deflection()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
decay = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=1200, eta_min=1e-5)
for step in range(1200):
    p = torch.rand(256, 2, requires_grad=True)
    u = model(p)
    slope, = torch.autograd.grad(u.sum(), p, create_graph=True)
    energy = (0.5 * slope.pow(2).sum(1, keepdim=True) - load(p) * u).mean()
    opt.zero_grad()
    energy.backward()
    opt.step()
    decay.step()
    if step % 200 == 199:
        print("step", step + 1, "energy", round(energy.item(), 4))

axis = torch.linspace(0, 1, 41)
grid = torch.cartesian_prod(axis, axis)
truth = torch.sin(math.pi * grid[:, :1]) * torch.sin(math.pi * grid[:, 1:])
with torch.no_grad():
    error = (model(grid) - truth).norm() / truth.norm()
print("metric: relative_l2_error", error.item())
