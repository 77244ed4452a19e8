"""PINN for a damped oscillator u'' + 2*zeta*w*u' + w^2 u = 0, u(0)=1, u'(0)=0.

Adam warms up on fresh collocation points, L-BFGS polishes on a fixed grid.
The exact solution is only used for the final error.
"""
import math

import torch
from torch import nn

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
ZETA, W, T_END = 0.15, 2.0, 4.0


class Field(nn.Module):
    """Hard constraint on both initial conditions: u = 1 + t^2 * net(t)."""

    def __init__(self, width=24):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(),
                                 nn.Linear(width, 1))

    def forward(self, t):
        return 1.0 + t ** 2 / (1 + t ** 2) * self.net(2 * t / T_END - 1)


def residual(model, t):
    t = t.requires_grad_(True)
    u = model(t)
    du, = torch.autograd.grad(u.sum(), t, create_graph=True)
    d2u, = torch.autograd.grad(du.sum(), t, create_graph=True)
    return d2u + 2 * ZETA * W * du + W ** 2 * u


def exact(t):
    wd = W * math.sqrt(1 - ZETA ** 2)
    return torch.exp(-ZETA * W * t) * (torch.cos(wd * t) + ZETA * W / wd * torch.sin(wd * t))


model = Field()

adam = torch.optim.Adam(model.parameters(), lr=5e-3)
for it in range(500):
    t = torch.rand(64, 1) * T_END
    loss = residual(model, t).pow(2).mean()
    adam.zero_grad()
    loss.backward()
    adam.step()
    if it % 100 == 0:
        print(f"adam  {it:4d} residual {loss.item():.3e}")

grid = torch.linspace(0, T_END, 80).unsqueeze(1)
lbfgs = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=20, history_size=30,
                          line_search_fn="strong_wolfe", tolerance_grad=1e-10, tolerance_change=1e-14)


def closure():
    lbfgs.zero_grad()
    value = residual(model, grid.clone()).pow(2).mean()
    value.backward()
    return value


for outer in range(15):
    value = lbfgs.step(closure)
    if outer % 3 == 0:
        print(f"lbfgs {outer:4d} residual {value.item():.3e}")

with torch.no_grad():
    t_check = torch.rand(500, 1) * T_END
    truth = exact(t_check)
    rel = ((model(t_check) - truth).norm() / truth.norm()).item()
print(f"metric: relative_l2_error {rel:.2e}")
