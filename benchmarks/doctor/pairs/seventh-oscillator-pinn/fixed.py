"""Damped oscillator u'' + 2 d u' + w0^2 u = 0 solved with a small physics-informed network."""
from dataclasses import dataclass

import torch
import torch.nn as nn


@dataclass
class Config:
    d: float = 0.5
    w0: float = 3.0
    t_end: float = 2.0
    hidden: int = 32
    steps: int = 2000
    lr: float = 5e-3
    seed: int = 4


def exact(t, c):
    w = (c.w0 ** 2 - c.d ** 2) ** 0.5
    phi = torch.atan(torch.tensor(-c.d / w))
    a = 1 / (2 * torch.cos(phi))
    return 2 * a * torch.exp(-c.d * t) * torch.cos(phi + w * t)


def build(c):
    act = nn.Tanh
    return nn.Sequential(nn.Linear(1, c.hidden), act(), nn.Linear(c.hidden, c.hidden), act(), nn.Linear(c.hidden, 1))


def derivative(u, t):
    return torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]


def main(c=Config()):
    torch.manual_seed(c.seed)
    net = build(c)
    opt = torch.optim.Adam(net.parameters(), lr=c.lr)
    sched = torch.optim.lr_scheduler.StepLR(opt, 600, 0.4)
    t0 = torch.zeros(1, 1, requires_grad=True)
    for step in range(c.steps):
        t = (torch.rand(48, 1) * c.t_end).requires_grad_(True)
        u = net(t)
        du = derivative(u, t)
        ddu = derivative(du, t)
        residual = (ddu + 2 * c.d * du + c.w0 ** 2 * u) / c.w0 ** 2
        u0 = net(t0)
        du0 = derivative(u0, t0)
        loss = residual.pow(2).mean() + 5.0 * (u0 - 1).pow(2).mean() + 0.2 * du0.pow(2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        if step % 500 == 0:
            print(step, round(loss.item(), 5))
    grid = torch.linspace(0, c.t_end, 200).unsqueeze(1)
    with torch.no_grad():
        rmse = (net(grid) - exact(grid, c)).pow(2).mean().sqrt().item()
    print(f"metric: rmse {rmse:.4f}")


if __name__ == "__main__":
    main()
