# Quantiles of the hourly peak gust at a mast, given the forecast mean wind, stability and upstream roughness.
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(12)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class MastHours(Dataset):
    def __init__(self, n, seed, stats=None):
        rng = np.random.default_rng(seed)
        speed = rng.weibull(2.1, n) * 8
        direction = rng.uniform(0, 2 * np.pi, n)
        richardson = rng.normal(0, 0.5, n)
        rough = np.exp(rng.normal(-2.5, 0.8, n)) * (1.5 + np.cos(direction - 1))
        turbulence = 0.12 + 0.05 * np.log1p(10 * rough) - 0.08 * np.tanh(3 * richardson)
        factor = 1 + 3.0 * np.clip(turbulence, 0.03, None)
        gust = speed * factor + rng.gumbel(0, 0.15 + 0.9 * turbulence * speed ** 0.8)
        table = np.column_stack([speed, np.sin(direction), np.cos(direction), richardson, np.log(rough)])
        self.stats = stats or (table.mean(0), table.std(0), gust.mean(), gust.std())
        self.x = ((table - self.stats[0]) / self.stats[1]).astype(np.float32)
        self.y = ((gust - self.stats[2]) / self.stats[3]).astype(np.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class QuantileNet(nn.Module):
    def __init__(self, n_in, n_quantiles, width=48):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(n_in, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.first = nn.Linear(width, 1)
        self.steps = nn.Linear(width, n_quantiles - 1)

    def forward(self, x):
        h = self.trunk(x)
        gaps = nn.functional.softplus(self.steps(h))
        return torch.cat([self.first(h), gaps], dim=1).cumsum(dim=1)


def pinball(pred, obs):
    tau = torch.tensor(QUANTILES)
    miss = obs[:, None] - pred
    return torch.maximum(tau * miss, (tau - 1) * miss).mean()


train_set = MastHours(2400, 12)
test_set = MastHours(1500, 13, train_set.stats)
loader = DataLoader(train_set, batch_size=32, shuffle=True)
model = QuantileNet(5, len(QUANTILES))
optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)

for epoch in range(10):
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = pinball(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    print("epoch %2d  pinball %.4f" % (epoch + 1, total / len(train_set)))

model.eval()
with torch.no_grad():
    score = pinball(model(torch.from_numpy(test_set.x)), torch.from_numpy(test_set.y)) * test_set.stats[3]
print("metric: pinball_ms %.4f" % score)
