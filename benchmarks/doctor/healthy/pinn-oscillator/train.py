"""A physics-informed network: the damped oscillator x'' + 2 d x' + w² x = 0 from its equation and its start alone."""

import torch
from torch import nn

DAMPING, OMEGA = 0.3, 2.0


def exact(t):
    w = (OMEGA**2 - DAMPING**2) ** 0.5
    return torch.exp(-DAMPING * t) * (torch.cos(w * t) + DAMPING / w * torch.sin(w * t))


def derivative(y, t):
    return torch.autograd.grad(y, t, torch.ones_like(y), create_graph=True)[0]


class Oscillator(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )

    def forward(self, t):
        return self.layers(t)


def residual(model, t):
    t = t.clone().requires_grad_(True)
    x = model(t)
    dx = derivative(x, t)
    return derivative(dx, t) + 2 * DAMPING * dx + OMEGA**2 * x


def start(model):
    t = torch.zeros(1, 1, requires_grad=True)
    x = model(t)
    return (x - 1.0).pow(2).mean() + derivative(x, t).pow(2).mean()


def main():
    torch.manual_seed(1)
    model = Oscillator()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 2500, eta_min=1e-4)
    for step in range(2500):
        optimizer.zero_grad()
        physics = residual(model, torch.rand(64, 1) * 2.5).pow(2).mean()
        loss = 10 * start(model) + physics
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 500 == 0:
            print(f"{step}: {loss.item():.6f}")
    with torch.no_grad():
        t = torch.linspace(0, 2.5, 200).unsqueeze(1)
        error = (model(t) - exact(t)).pow(2).mean().sqrt()
    print(f"metric: rmse {error.item():.5f}")


main()
