"""Snow depth in four mountain regions: one micro-batch per region, one update per round."""
from dataclasses import dataclass, field
from itertools import cycle, islice

import numpy as np
import torch
from torch import nn

torch.manual_seed(27)


@dataclass
class Setup:
    regions: tuple = ("Alps", "Pyrenees", "Carpathians", "Scandes")
    per_region: int = 500
    micro_batch: int = 16
    rounds: int = 600
    lr: float = 3e-3
    offsets: list = field(default_factory=lambda: [60.0, 15.0, 35.0, 110.0])
    gradients: list = field(default_factory=lambda: [70.0, 120.0, 30.0, -10.0])


def stations(setup, region, rng):
    n = setup.per_region
    height = rng.uniform(0.5, 2.8, n)
    north = rng.uniform(-1, 1, n)
    frost = rng.gamma(4, 8, n)
    depth = setup.offsets[region] + setup.gradients[region] * (height - 1.5) + 9 * north
    depth = np.maximum(depth + 1.1 * (frost - 32) + rng.normal(0, 6, n), 0)
    onehot = np.eye(len(setup.regions))[np.full(n, region)]
    x = np.column_stack([(height - 1.65) / 0.66, north / 0.58, (frost - 32) / 16, onehot])
    y = (depth - 65) / 55
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


def micro_batches(x, y, size):
    while True:
        for idx in torch.randperm(len(y)).split(size):
            yield x[idx], y[idx]


def interleave(sources):
    for source in cycle(sources):
        yield next(source)


setup = Setup()
rng = np.random.default_rng(27)
n_regions = len(setup.regions)
data = [stations(setup, r, rng) for r in range(n_regions)]
cut = int(0.7 * setup.per_region)
stream = interleave([micro_batches(x[:cut], y[:cut], setup.micro_batch) for x, y in data])

model = nn.Sequential(nn.Linear(3 + n_regions, 40), nn.SiLU(), nn.Linear(40, 40), nn.SiLU(), nn.Linear(40, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=setup.lr)
recent = []
for count, (x, y) in enumerate(islice(stream, setup.rounds * n_regions), start=1):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x).squeeze(1), y) / n_regions
    loss.backward()
    recent.append(loss.item() * n_regions)
    if count % n_regions == 0:
        optimizer.step()
    if count % (100 * n_regions) == 0:
        print(f"round {count // n_regions:4d} mse {np.mean(recent[-50 * n_regions:]):.4f}")

model.eval()
with torch.no_grad():
    errors = [55 * (model(x[cut:]).squeeze(1) - y[cut:]) for x, y in data]
for name, error in zip(setup.regions, errors):
    print(f"  {name}: {error.square().mean().sqrt():.2f} cm")
print(f"metric: rmse_cm {torch.cat(errors).square().mean().sqrt():.3f}")
