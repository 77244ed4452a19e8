"""Daily discharge (m3/s) at a river mouth from upstream stage and rain, read as a stream of records."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset


class RiverStream(IterableDataset):
    def __init__(self, days, seed, buffer=400):
        self.days, self.seed, self.buffer = days, seed, buffer

    def records(self):
        rng = np.random.default_rng(self.seed)
        wet, stage = 0.5, 3.0
        for day in range(self.days):
            season = np.cos(2 * np.pi * (day - 60) / 365.25)
            rain = rng.gamma(0.5, 10) * (rng.random() < 0.4 + 0.15 * season)
            wet = 0.96 * wet + 0.04 * rain / 4
            stage = 0.85 * stage + 0.15 * (1.5 + 3.0 * wet + 0.5 * season) + 0.008 * rain
            flow = 240 * max(stage - 0.6, 0.05) ** 1.6 * (1 + 0.2 * wet) + rng.normal(0, 15)
            yield [(stage - 3.4) / 0.9, (rain - 2) / 6, (wet - 0.5) / 0.25, season], flow

    def __iter__(self):
        pool = []
        for features, flow in self.records():
            pool.append((torch.tensor(features, dtype=torch.float32), torch.tensor((flow - 1200) / 600, dtype=torch.float32)))
            if len(pool) == self.buffer:
                yield pool.pop(torch.randint(len(pool), ()).item())
        yield from pool


class RatingNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(4, 32), nn.GELU(), nn.Linear(32, 32), nn.GELU())
        self.level = nn.Linear(32, 1)

    def forward(self, x):
        return self.level(self.inner(x)).squeeze(-1)


def nash_sutcliffe(simulated, observed):
    return 1 - ((simulated - observed) ** 2).sum() / ((observed - observed.mean()) ** 2).sum()


def train(model, stream, epochs, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    loader = DataLoader(stream, batch_size=32)
    for epoch in range(epochs):
        losses = []
        for x, flow in loader:
            loss = nn.functional.mse_loss(model(x), flow)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"pass {epoch + 1}: mse {np.mean(losses):.4g}")


torch.manual_seed(2)
model = RatingNet()
train(model, RiverStream(1825, seed=2), epochs=8, lr=2e-3)
model.eval()
with torch.no_grad():
    parts = [(model(x), flow) for x, flow in DataLoader(RiverStream(730, seed=3), batch_size=200)]
simulated, observed = (torch.cat(column) for column in zip(*parts))
print(f"metric: nse {nash_sutcliffe(simulated, observed):.4f}")
