"""Ordered or disordered? Small 2-D Ising snapshots, linear-margin classifier on a tiny CNN."""
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(19)
rng = np.random.default_rng(19)

L = 10


def metropolis(T, n_chains, sweeps=25):
    """Checkerboard updates of many lattices at once."""
    s = rng.choice([-1, 1], size=(n_chains, L, L))
    if T < 2.27:
        s = np.where(rng.random(s.shape) < 0.9, 1, -1) * rng.choice([-1, 1], size=(n_chains, 1, 1))
    parity = np.add.outer(np.arange(L), np.arange(L)) % 2
    for _ in range(sweeps):
        for colour in (0, 1):
            field = sum(np.roll(s, k, axis=a) for k in (1, -1) for a in (1, 2))
            accept = rng.random(s.shape) < np.exp(np.minimum(0, -2 * s * field / T))
            s = np.where(accept & (parity == colour), -s, s)
    return s


cold = metropolis(2.0, 600)
hot = metropolis(2.8, 600)
spins = torch.from_numpy(np.concatenate([cold, hot])).float()[:, None]
phase = torch.cat([torch.ones(600), torch.zeros(600)])
mix = torch.randperm(1200)
spins, phase = spins[mix], phase[mix]
tr, te = slice(0, 900), slice(900, 1200)


def hinge(score, label):
    return torch.clamp(1 - label * score, min=0).mean()


net = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1, padding_mode="circular"), nn.ReLU(),
    nn.Conv2d(12, 12, 3, padding=1, padding_mode="circular"), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 1), nn.Flatten(0),
)
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
n_batches = 900 // 30
for epoch in range(10):
    perm = torch.randperm(900)
    mean_loss = 0.0
    for k in range(n_batches):
        j = perm[k * 30:(k + 1) * 30]
        opt.zero_grad()
        loss = hinge(net(spins[tr][j]), phase[tr][j])
        loss.backward()
        opt.step()
        mean_loss += loss.item() / n_batches
    print("epoch", epoch, "hinge", round(mean_loss, 4))

net.eval()
with torch.no_grad():
    correct = (net(spins[te]) > 0) == (phase[te] > 0.5)
print("metric: accuracy", correct.float().mean().item())
