# neural field: (x, y) -> temperature of a heated plate
import math

import torch
from torch import nn

torch.manual_seed(55)


def plate(p):
    x, y = p[:, 0], p[:, 1]
    r = ((x - 0.3) ** 2 + (y + 0.2) ** 2).sqrt()
    return torch.exp(-4 * r) * 2 + torch.sin(2 * math.pi * x) * torch.cos(math.pi * y) + 0.5 * (x > 0.6).float() * y


class Field(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        sizes = [2] + [width] * depth
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
        self.last = nn.Linear(width, 1)

    def forward(self, p):
        h = p
        for layer in self.layers:
            h = nn.functional.silu(layer(h))
        return self.last(h)[:, 0]


probe = torch.rand(3000, 2) * 2 - 1
grid = torch.cartesian_prod(torch.linspace(-1, 1, 30), torch.linspace(-1, 1, 30))
temp = plate(probe) + 0.03 * torch.randn(3000)
model = Field(width=3, depth=3)
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 1500)
for it in range(1500):
    rows = torch.randint(0, 3000, (128,))
    loss = (model(probe[rows]) - temp[rows]).square().mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 300 == 299:
        print(f"iteration {it + 1} mse {loss.item():.4f}")

with torch.no_grad():
    truth = plate(grid)
    r2 = 1 - (model(grid) - truth).square().sum() / (truth - truth.mean()).square().sum()
print(f"metric: r2 {r2.item():.4f}")
