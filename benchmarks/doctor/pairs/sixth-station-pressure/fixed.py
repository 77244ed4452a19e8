"""Surface pressure at a station from neighbouring grid points, small CNN over 8x8 fields."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

SIDE = 8


def weather(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Wind components on a grid around the station, and the pressure in the middle (Pa)."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    cx, cy = rng.uniform(-3, 3, (2, n))
    depth = rng.uniform(-1, 1, n)
    dx, dy = xx[None] - cx[:, None, None], yy[None] - cy[:, None, None]
    bump = np.exp(-(dx ** 2 + dy ** 2) / 10)
    u = -depth[:, None, None] * dy * bump + rng.normal(0, 0.05, (n, SIDE, SIDE))
    v = depth[:, None, None] * dx * bump + rng.normal(0, 0.05, (n, SIDE, SIDE))
    pressure = 101_325.0 - 2500.0 * depth * np.exp(-(cx ** 2 + cy ** 2) / 10)
    return np.stack([u, v], axis=1).astype(np.float32), pressure.astype(np.float32)


class Station(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 16, 3, padding=1), nn.ELU(), nn.Conv2d(16, 16, 3, stride=2, padding=1), nn.ELU())
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16 * 16, 32), nn.ELU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.head(self.features(x)).squeeze(1)


torch.manual_seed(86)
fields, pressure = weather(1500, 86)
everything = TensorDataset(torch.from_numpy(fields / fields.std()), torch.from_numpy(pressure))
train, test = random_split(everything, [1200, 300], generator=torch.Generator().manual_seed(86))
known = pressure[train.indices]
offset, unit = float(known.mean()), float(known.std())
net = Station()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
criterion = nn.MSELoss()

for epoch in range(15):
    net.train()
    total = 0.0
    for x, p in DataLoader(train, batch_size=30, shuffle=True):
        loss = criterion(net(x), (p - offset) / unit)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(p)
    print(f"epoch {epoch + 1} mse {total / len(train):.5g}")

net.eval()
with torch.no_grad():
    x, p = next(iter(DataLoader(test, batch_size=len(test))))
    guess = net(x) * unit + offset
print(f"metric: r2 {1 - ((guess - p).square().mean() / p.var()).item():.4f}")
