"""Above-ground biomass (kg/ha) from lidar canopy-height rasters."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader

torch.manual_seed(31)
rng = np.random.default_rng(31)


def plot_raster(size=16):
    yy, xx = np.mgrid[:size, :size]
    chm = np.zeros((size, size))
    for _ in range(rng.integers(2, 14)):
        h, r = rng.uniform(5, 30), rng.uniform(1.0, 2.5)
        cy, cx = rng.uniform(0, size, 2)
        chm = np.maximum(chm, h * np.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / (2 * r * r)))
    chm = chm + rng.normal(0, 0.3, chm.shape)
    biomass = 9000 * np.mean(np.maximum(chm, 0) ** 1.3) * rng.normal(1, 0.04)
    return chm, biomass


class Plots(Dataset):
    def __init__(self, n, stats=None):
        rasters, biomass = zip(*[plot_raster() for _ in range(n)])
        self.x = np.array(rasters, dtype=np.float32)[:, None] / 10.0
        self.y = np.array(biomass, dtype=np.float32)
        self.stats = stats or (float(self.y.mean()), float(self.y.std()))

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], (self.y[i] - self.stats[0]) / self.stats[1]


train = Plots(800)
test = Plots(200, train.stats)
net = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
    nn.Flatten(), nn.Linear(96, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0),
)
optimizer = torch.optim.Adam(net.parameters(), lr=7e-4)
mse = nn.MSELoss()
for epoch in range(12):
    net.train()
    for x, y in DataLoader(train, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss = mse(net(x), y)
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch + 1} last batch loss {loss.item():.4g}")

net.eval()
with torch.no_grad():
    pairs = [(net(x), y) for x, y in DataLoader(test, batch_size=100)]
p, y = torch.cat([a for a, _ in pairs]), torch.cat([b for _, b in pairs])
print("metric: r2", (1 - (p - y).pow(2).mean() / y.var()).item())
