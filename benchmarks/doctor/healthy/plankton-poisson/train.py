"""Plankton counts per tow: Poisson regression with the filtered volume as an offset."""
import numpy as np
import pandas as pd
import torch
from torch import nn

torch.manual_seed(42)
np.random.seed(42)

n = 2500
tows = pd.DataFrame({
    "temp": np.random.normal(0, 1, n),
    "salinity": np.random.normal(0, 1, n),
    "chl": np.random.normal(0, 1, n),
    "light": np.random.uniform(-1.7, 1.7, n),
    "volume": np.random.uniform(5, 60, n),
})
rate = np.exp(-0.5 + 0.7 * tows.chl - 0.4 * (tows.temp - 0.5) ** 2 + 0.4 * np.sin(2 * tows.light) * tows.salinity)
tows["count"] = np.random.poisson(rate * tows.volume)
print(tows["count"].describe()[["min", "50%", "max"]].to_dict())

cols = ["temp", "salinity", "chl", "light"]
x = torch.tensor(tows[cols].values, dtype=torch.float32)
offset = torch.tensor(np.log(tows["volume"].values), dtype=torch.float32)
y = torch.tensor(tows["count"].values, dtype=torch.float32)
cut = 2000

net = nn.Sequential(nn.Linear(4, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
criterion = nn.PoissonNLLLoss(log_input=True)

for epoch in range(40):
    running = 0.0
    for idx in torch.randperm(cut).split(50):
        log_mu = net(x[idx]).squeeze(1) + offset[idx]
        loss = criterion(log_mu, y[idx])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        running += loss.item()
    if epoch % 8 == 7:
        print("epoch", epoch + 1, "nll", running / 40)

with torch.no_grad():
    mu = (net(x[cut:]).squeeze(1) + offset[cut:]).exp()
mean_rate = y[:cut].sum() / offset[:cut].exp().sum()
base = mean_rate * offset[cut:].exp()


def deviance(m, k):
    return 2 * (torch.xlogy(k, k / m) - (k - m)).sum()


print("metric: deviance_explained", (1 - deviance(mu, y[cut:]) / deviance(base, y[cut:])).item())
