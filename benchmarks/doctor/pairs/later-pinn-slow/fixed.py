"""The heat equation on a rod, solved by a network (PINN)."""
import argparse
import math

import torch
from torch import nn


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("--points", type=int, default=256)
    p.add_argument("--steps", type=int, default=800)
    p.add_argument("--learning-rate", type=float, default=3e-3)
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


def gradient(u, v):
    return torch.autograd.grad(u, v, torch.ones_like(u), create_graph=True)[0]


def residual(net, points):
    x, t = (points[:, i : i + 1].clone().requires_grad_() for i in (0, 1))
    u = net(torch.cat([x, t], 1))
    return gradient(u, t) - 0.1 * gradient(gradient(u, x), x)


def truth(xt):
    return torch.sin(math.pi * xt[:, :1]) * torch.exp(-0.1 * math.pi**2 * xt[:, 1:])


def main(args):
    torch.manual_seed(args.seed)
    net = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
    opt = torch.optim.Adam(net.parameters(), args.learning_rate)
    for step in range(args.steps):
        inside = torch.rand(args.points, 2)
        start = torch.cat([torch.rand(64, 1), torch.zeros(64, 1)], 1)
        ends = torch.cat([torch.randint(0, 2, (64, 1)).float(), torch.rand(64, 1)], 1)
        physics = residual(net, inside).pow(2).mean()
        edges = (net(start) - truth(start)).pow(2).mean() + net(ends).pow(2).mean()
        loss = physics + 10 * edges
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step % 200 == 0:
            print(f"{step} loss {loss.item():.5f} physics {physics.item():.5f} edges {edges.item():.5f}")
    grid = torch.rand(4000, 2)
    with torch.no_grad():
        error = (net(grid) - truth(grid)).pow(2).mean().sqrt().item()
    print(f"metric: rmse {error:.4f}")


main(parse())
