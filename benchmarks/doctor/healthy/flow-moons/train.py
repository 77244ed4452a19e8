"""RealNVP: affine coupling layers fitted to the two moons by likelihood."""

import math

import torch
from sklearn.datasets import make_moons
from torch import nn


class Coupling(nn.Module):
    def __init__(self, flip, width=48):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(
            nn.Linear(1, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2)
        )

    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        if self.flip:
            a, b = b, a
        scale, shift = self.net(a).chunk(2, dim=1)
        scale = torch.tanh(scale)
        b = b * scale.exp() + shift
        return torch.cat([b, a] if self.flip else [a, b], dim=1), scale.squeeze(1)


class Flow(nn.Module):
    def __init__(self, layers=6):
        super().__init__()
        self.layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(layers))

    def log_prob(self, x):
        total = torch.zeros(len(x))
        for layer in self.layers:
            x, log_det = layer(x)
            total = total + log_det
        return total - 0.5 * (x**2).sum(1) - math.log(2 * math.pi)


def loader(x, batch):
    for rows in torch.randperm(len(x)).split(batch):
        yield x[rows]


torch.manual_seed(0)
x = torch.tensor(make_moons(3000, noise=0.05, random_state=0)[0], dtype=torch.float32)
x = (x - x.mean(0)) / x.std(0)
train, test = x[:2400], x[2400:]
flow = Flow()
optimizer = torch.optim.Adam(flow.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=12, gamma=0.5)
for epoch in range(30):
    for batch in loader(train, 128):
        loss = -flow.log_prob(batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 6 == 0:
        print(f"epoch {epoch}: {loss.item():.4f}")
with torch.no_grad():
    print(f"metric: test_nll {-flow.log_prob(test).mean().item():.4f}")
