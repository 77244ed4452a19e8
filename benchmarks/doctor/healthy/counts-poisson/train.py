"""Counts with a log link: Poisson likelihood, an exposure, and deviance on held-out rows."""

import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(3)
torch.manual_seed(3)
n = 4000
x = rng.normal(size=(n, 5)).astype("float32")
exposure = rng.uniform(0.5, 2.0, n).astype("float32")
rate = np.exp(0.4 + 0.6 * x[:, 0] - 0.4 * x[:, 1] + 0.3 * x[:, 2] * x[:, 3])
count = rng.poisson(rate * exposure).astype("float32")
x, exposure, count = map(torch.from_numpy, (x, exposure, count))
train, test = slice(0, 3000), slice(3000, n)

model = nn.Sequential(nn.Linear(5, 32), nn.ReLU(), nn.Linear(32, 1))
criterion = nn.PoissonNLLLoss(log_input=True)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(20):
    for rows in torch.randperm(3000).split(64):
        log_rate = model(x[rows]).squeeze(1) + exposure[rows].log()
        loss = criterion(log_rate, count[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch}: {loss.item():.4f}")

with torch.no_grad():
    said = (model(x[test]).squeeze(1) + exposure[test].log()).exp()
    deviance = lambda m: 2 * (torch.xlogy(count[test], count[test] / m) - (count[test] - m)).mean().item()
    explained = 1 - deviance(said) / deviance(count[:3000].mean() / exposure[:3000].mean() * exposure[test])
print(f"metric: deviance_explained {explained:.4f}")
