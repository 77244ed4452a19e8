"""Potential energy of small atomic clusters of different sizes."""
import math
import random

import torch
from torch import nn
from torch.nn.functional import smooth_l1_loss

random.seed(2)
torch.manual_seed(2)


def morse(r):
    return (1 - torch.exp(-(r - 1.2))) ** 2 - 1


def sample_cluster():
    n = random.randint(3, 7)
    pos = torch.randn(n, 3) * 0.9 * n ** (1 / 3)
    d = torch.pdist(pos).clamp_min(0.8)
    return d, morse(d).sum()


clusters = [sample_cluster() for _ in range(700)]
train, test = clusters[:550], clusters[550:]
energies = torch.stack([e for _, e in train])
SHIFT, SCALE = energies.mean(), energies.std()


class PairNet(nn.Module):
    """Sum of a learned pair term over all distances."""

    def __init__(self, n_basis=12, hidden=24):
        super().__init__()
        self.register_buffer("centers", torch.linspace(0.5, 5.0, n_basis))
        self.pair = nn.Sequential(nn.Linear(n_basis, hidden), nn.SiLU(), nn.Linear(hidden, 1))
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, d):
        basis = torch.exp(-((d[:, None] - self.centers) / 0.4) ** 2)
        return self.pair(basis).sum() + self.bias


net = PairNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-2)
for epoch in range(16):
    random.shuffle(train)
    total = 0.0
    for k in range(0, len(train), 25):
        batch = train[k:k + 25]
        target = torch.stack([(e - SHIFT) / SCALE for _, e in batch])
        energy = torch.tensor([net(d) for d, _ in batch], requires_grad=True)
        loss = smooth_l1_loss(energy, target)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(batch)
    print(f"{epoch:3d} {total / len(train):.4f}")

with torch.no_grad():
    pred = torch.stack([net(d) for d, _ in test]) * SCALE + SHIFT
true = torch.stack([e for _, e in test])
ss = ((true - true.mean()) ** 2).sum()
print("metric: r2", (1 - ((pred - true) ** 2).sum() / ss).item())
