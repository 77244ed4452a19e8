"""Solves u'' = -pi^2 sin(pi x), u(0) = u(1) = 0 with a network, by the residual alone."""
import math

import torch
from torch import nn


class Solution(nn.Module):
    def __init__(self, layers=(1, 40, 40, 1), activation=nn.Tanh):
        super().__init__()
        self.linears = nn.ModuleList([nn.Linear(a, b) for a, b in zip(layers[:-1], layers[1:])])
        self.act = activation()

    def forward(self, x):
        for linear in self.linears[:-1]:
            x = self.act(linear(x))
        return self.linears[-1](x)


def derivative(u, x):
    return torch.autograd.grad(u, x, torch.ones_like(u), create_graph=True)[0]


def residual(net, x):
    u = net(x)
    return derivative(derivative(u, x), x) + math.pi**2 * torch.sin(math.pi * x)


torch.manual_seed(0)
net = Solution(activation=nn.ReLU)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
ends = torch.tensor([[0.0], [1.0]])
for step in range(2500):
    x = torch.rand(64, 1, requires_grad=True)
    loss = residual(net, x).pow(2).mean() + 20 * net(ends).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 400 == 0:
        print(step, f"{loss.item():.4f}")
grid = torch.linspace(0, 1, 201)[:, None]
with torch.no_grad():
    error = (net(grid) - torch.sin(math.pi * grid)).pow(2).mean().sqrt()
print(f"metric: rmse {error.item():.4f}")
