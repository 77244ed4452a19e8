"""Tomorrow's discharge with uncertainty: five quantiles by pinball loss, early stopping."""
import copy

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

QUANTILES = torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95])


def catchment(days, rng):
    rain = rng.gamma(0.4, 8.0, days) * (rng.random(days) < 0.45)
    warm = 10 - 9 * np.cos(2 * np.pi * np.arange(days) / 365)
    soil, flow = np.zeros(days), np.zeros(days)
    soil[0], flow[0] = 40, 4
    for t in range(1, days):
        runoff = rain[t] * np.clip(soil[t - 1] / 100, 0, 1) ** 1.5
        soil[t] = soil[t - 1] + rain[t] - runoff - 0.02 * soil[t - 1] - 0.05 * warm[t] * soil[t - 1] / 100
        flow[t] = 0.75 * flow[t - 1] + 0.6 * runoff + 0.006 * soil[t]
    flow = flow * np.exp(rng.normal(0, 0.06, days))
    return pd.DataFrame({"rain": rain, "warm": warm, "flow": flow})


def table(frame):
    """Logs of rain and flow over three days, tomorrow's forecast rain, and the log of tomorrow's flow."""
    log = pd.DataFrame({"rain": np.log1p(frame.rain), "warm": frame.warm / 10, "flow": np.log(frame.flow)})
    parts = {f"{c}_{k}": log[c].shift(k) for c in ("rain", "flow") for k in range(3)}
    parts["warm"] = log.warm
    parts["rain_next"] = log.rain.shift(-1)
    parts["target"] = log.flow.shift(-1)
    return pd.DataFrame(parts).dropna()


def pinball(pred, target):
    gap = target.unsqueeze(1) - pred
    return torch.maximum(QUANTILES * gap, (QUANTILES - 1) * gap).mean()


class QuantileNet(nn.Module):
    """The median, and positive gaps on both sides of it."""

    def __init__(self, d):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 5))

    def forward(self, x):
        mid, lo, hi = self.body(x).split([1, 2, 2], dim=1)
        lo, hi = nn.functional.softplus(lo - 2).cumsum(1), nn.functional.softplus(hi - 2).cumsum(1)
        return torch.cat([mid - lo.flip(1), mid, mid + hi], 1)


torch.manual_seed(31)
data = table(catchment(3200, np.random.default_rng(31)))
train, val, test = data[:2000], data[2010:2500], data[2510:]
mean, std = train.mean(), train.std()


def tensors(part):
    z = torch.tensor(((part - mean) / std).to_numpy(), dtype=torch.float32)
    return z[:, :-1], z[:, -1]


loader = DataLoader(TensorDataset(*tensors(train)), batch_size=64, shuffle=True)
model = QuantileNet(data.shape[1] - 1)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
best, keep, patience = np.inf, None, 0
for epoch in range(60):
    for x, y in loader:
        optimizer.zero_grad()
        pinball(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        xv, yv = tensors(val)
        loss = pinball(model(xv), yv).item()
    if loss < best:
        best, keep, patience = loss, copy.deepcopy(model.state_dict()), 0
    else:
        patience += 1
    print(f"epoch {epoch:2d} validation pinball {loss:.4f}")
    if patience == 10:
        break

model.load_state_dict(keep)
with torch.no_grad():
    xt, yt = tensors(test)
    pred = model(xt)
inside = ((yt > pred[:, 0]) & (yt < pred[:, -1])).float().mean().item()
print(f"share inside the 90% band {inside:.3f}")
r2 = 1 - ((pred[:, 2] - yt) ** 2).sum() / ((yt - yt.mean()) ** 2).sum()
print(f"metric: r2 {r2.item():.4f}")
