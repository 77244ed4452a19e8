"""Prices of flats in euros."""
from dataclasses import dataclass, field

import torch
from torch import nn


@dataclass
class Settings:
    widths: list = field(default_factory=lambda: [6, 32, 32, 1])
    lr: float = 1e-3
    epochs: int = 25
    batch: int = 32


def flats(n):
    x = torch.randn(n, 6)
    price = 240_000 + 60_000 * x[:, 0] + 30_000 * x[:, 1] * x[:, 2] + 20_000 * torch.relu(x[:, 3])
    return x, (price + 5_000 * torch.randn(n)).unsqueeze(1)


s = Settings()
torch.manual_seed(23)
x, price = flats(1000)
x_test, price_test = flats(500)
shift, scale = 0.0, 1.0
parts = []
for a, b in zip(s.widths[:-1], s.widths[1:]):
    parts += [nn.Linear(a, b), nn.ReLU()]
net = nn.Sequential(*parts[:-1])
opt = torch.optim.Adam(net.parameters(), lr=s.lr)
loss_fn = nn.MSELoss()
for epoch in range(s.epochs):
    net.train()
    for rows in torch.randperm(len(x)).split(s.batch):
        opt.zero_grad()
        loss = loss_fn(net(x[rows]), (price[rows] - shift) / scale)
        loss.backward()
        opt.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: loss {loss.item():.4g}")
net.eval()
with torch.no_grad():
    guess = net(x_test) * scale + shift
r2 = 1 - ((guess - price_test) ** 2).mean().item() / price_test.var().item()
print(f"metric: r2 {r2:.4f}")
