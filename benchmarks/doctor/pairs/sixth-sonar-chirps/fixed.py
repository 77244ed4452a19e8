"""Sonar chirps: rising, falling, or level tone."""
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

T = 80


class Compose:
    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, x):
        for t in self.transforms:
            x = t(x)
        return x


class Roll:
    def __init__(self, limit):
        self.limit = limit

    def __call__(self, x):
        return np.roll(x, random.randint(-self.limit, self.limit))


class Scale:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def __call__(self, x):
        return x * random.uniform(self.low, self.high)


class Flip:
    def __init__(self, p, axis):
        self.p, self.axis = p, axis

    def __call__(self, x):
        if random.random() > self.p:
            return x
        return x[::-1].copy() if self.axis == "time" else -x


class Chirps(Dataset):
    def __init__(self, n, seed, transform=None):
        g = np.random.default_rng(seed)
        t = np.linspace(0, 1, T)
        self.y = g.integers(0, 3, n)
        slope = np.array([9.0, -9.0, 0.0])[self.y] * g.uniform(0.7, 1.2, n)
        start = np.where(self.y == 0, 3.0, np.where(self.y == 1, 12.0, 7.5)) + g.normal(0, 0.7, n)
        phase = 2 * np.pi * (start[:, None] * t + 0.5 * slope[:, None] * t ** 2) + g.uniform(0, 6.28, (n, 1))
        self.x = np.sin(phase) + g.normal(0, 0.3, (n, T))
        self.transform = transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        x = self.x[i] if self.transform is None else self.transform(self.x[i])
        return torch.as_tensor(x, dtype=torch.float32)[None], self.y[i]


random.seed(12)
torch.manual_seed(12)
augment = Compose([
    Roll(3),
    Scale(0.8, 1.2),
    Flip(0.5, axis="amplitude"),
])
train = DataLoader(Chirps(900, 1, augment), batch_size=30, shuffle=True)
test = DataLoader(Chirps(450, 2), batch_size=150)

net = nn.Sequential(
    nn.Conv1d(1, 16, 9, stride=2, padding=4), nn.ReLU(),
    nn.Conv1d(16, 24, 7, stride=2, padding=3), nn.ReLU(),
    nn.AvgPool1d(5), nn.Flatten(), nn.Linear(24 * 4, 3),
)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(14):
    net.train()
    total = 0.0
    for x, y in train:
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch", epoch + 1, "loss", round(total / len(train), 4))

net.eval()
with torch.no_grad():
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in test)
print("metric: accuracy", round(right / 450, 4))
