"""Soil temperature wave: a physics-informed network for the heat equation, full batch, L-BFGS."""
import math

import torch
from torch import nn

torch.manual_seed(5)
OMEGA, KAPPA = 2 * math.pi, 0.5
DAMP = math.sqrt(OMEGA / (2 * KAPPA))

net = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))


def exact(z, t):
    return torch.exp(-DAMP * z) * torch.sin(OMEGA * t - DAMP * z)


interior = torch.rand(400, 2) * torch.tensor([1.2, 1.0])
edge_t = torch.rand(80, 1)
edges = torch.cat([
    torch.cat([torch.zeros(80, 1), edge_t], 1),
    torch.cat([torch.full((80, 1), 1.2), edge_t], 1),
    torch.cat([torch.rand(80, 1) * 1.2, torch.zeros(80, 1)], 1),
])
edge_values = exact(edges[:, :1], edges[:, 1:])


def residual(points):
    points = points.clone().requires_grad_()
    u = net(points)
    grad = torch.autograd.grad(u.sum(), points, create_graph=True)[0]
    u_zz = torch.autograd.grad(grad[:, 0].sum(), points, create_graph=True)[0][:, :1]
    return grad[:, 1:] - KAPPA * u_zz


optimizer = torch.optim.LBFGS(net.parameters(), max_iter=20, history_size=20, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = 0.05 * residual(interior).square().mean() + 5 * (net(edges) - edge_values).square().mean()
    loss.backward()
    return loss


for step in range(12):
    loss = optimizer.step(closure)
    print(f"step {step + 1:2d} loss {loss.item():.6f}")

grid = torch.cartesian_prod(torch.linspace(0, 1.2, 25), torch.linspace(0, 1, 25))
with torch.no_grad():
    rmse = (net(grid) - exact(grid[:, :1], grid[:, 1:])).square().mean().sqrt()
print(f"metric: rmse {rmse:.4f}")
