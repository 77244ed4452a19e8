"""Crop yield from soil and climate."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split


class Fields(Dataset):
    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        rain = rng.uniform(200, 2400, count)
        warmth = rng.uniform(800, 4200, count)
        ph = rng.uniform(4.5, 8.5, count)
        slope = rng.uniform(0, 0.3, count)
        self.x = np.stack([rain, warmth, ph, slope], 1).astype("float32")
        grown = np.tanh((rain - 900) / 400) + (warmth - 2500) / 900 - (ph - 6.5) ** 2 / 2 - 4 * slope
        self.y = (grown + rng.normal(0, 0.15, count)).astype("float32")

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


torch.manual_seed(3)
fields = Fields(2400, 8)
train, test = random_split(fields, [2000, 400], generator=torch.Generator().manual_seed(0))
net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(25):
    total = 0
    for x, y in DataLoader(train, batch_size=64, shuffle=True):
        opt.zero_grad()
        loss = ((net(x).squeeze(1) - y) ** 2).mean()
        loss.backward()
        opt.step()
        total += loss.item() * len(x)
    print(epoch, total / len(train))
net.eval()
with torch.no_grad():
    x, y = next(iter(DataLoader(test, batch_size=400)))
    print("metric: rmse", round(float(((net(x).squeeze(1) - y) ** 2).mean().sqrt()), 4))
