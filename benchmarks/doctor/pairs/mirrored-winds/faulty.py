"""Mean relative vorticity of a patch from noisy winds (u, v); patches are flipped at random for more data."""
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class RandomFlip:
    def __init__(self, p=0.5):
        self.p = p

    def __call__(self, wind):
        if random.random() < self.p:
            wind = wind.flip(-1)
        return wind


class Winds(Dataset):
    def __init__(self, n, seed, transform=None):
        rng = np.random.default_rng(seed)
        yy, xx = np.mgrid[-1:1:12j, -1:1:12j]
        a, b, c, d = rng.normal(0, 1, (4, n, 1, 1))
        u = c * xx - a * yy + d + rng.normal(0, 0.6, (n, 12, 12))
        v = b * xx - c * yy - d + rng.normal(0, 0.6, (n, 12, 12))
        self.wind = torch.tensor(np.stack([u, v], 1), dtype=torch.float32)
        self.vorticity = torch.tensor((a + b)[:, 0], dtype=torch.float32)
        self.transform = transform

    def __len__(self):
        return len(self.wind)

    def __getitem__(self, i):
        wind = self.wind[i]
        if self.transform is not None:
            wind = self.transform(wind)
        return wind, self.vorticity[i]


random.seed(6)
torch.manual_seed(6)
train = DataLoader(Winds(900, 1, transform=RandomFlip()), batch_size=30, shuffle=True)
test = Winds(400, 2)
net = nn.Sequential(
    nn.Conv2d(2, 16, 3), nn.ReLU(), nn.Conv2d(16, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 64, 32), nn.ReLU(), nn.Linear(32, 1)
)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
loss_fn = nn.SmoothL1Loss()
for epoch in range(14):
    net.train()
    for wind, vorticity in train:
        opt.zero_grad()
        loss = loss_fn(net(wind), vorticity)
        loss.backward()
        opt.step()
    if epoch % 6 == 5:
        print(epoch + 1, f"{loss.item():.4f}")
net.eval()
with torch.no_grad():
    rmse = ((net(test.wind) - test.vorticity) ** 2).mean().sqrt()
print(f"metric: rmse {rmse.item():.4f}")
