"""Spiral, elliptical or edge-on? Small convolutional network, ported from our TensorFlow code."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SIZE = 24
TYPES = ["spiral", "elliptical", "edge-on"]


def galaxy(kind, rng):
    yy, xx = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    xx, yy = xx - rng.normal(0, 1), yy - rng.normal(0, 1)
    turn = rng.uniform(0, np.pi)
    u, v = xx * np.cos(turn) + yy * np.sin(turn), -xx * np.sin(turn) + yy * np.cos(turn)
    r, angle = np.hypot(u, v), np.arctan2(v, u)
    if kind == 0:
        light = np.exp(-r / 4.5) * (1 + 0.9 * np.cos(2 * angle - r / rng.uniform(1.4, 2.0)))
    elif kind == 1:
        light = 1.4 * np.exp(-np.hypot(u, v * rng.uniform(1.0, 1.4)) / 3.6)
    else:
        light = 1.4 * np.exp(-np.hypot(u / 2.2, v * 1.8) / 3.0)
    sky = rng.uniform(0.3, 0.5)
    return light * rng.uniform(0.7, 1.3) + sky + rng.normal(0, 0.12, (SIZE, SIZE))


def make_set(n, seed):
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 3, n)
    pictures = np.stack([galaxy(k, rng) for k in kinds])
    return TensorDataset(torch.tensor(pictures, dtype=torch.float32).unsqueeze(1), torch.tensor(kinds))


class ConvBlock(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(c_out, momentum=0.001, eps=1e-3)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


class GalaxyNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = ConvBlock(1, 8)
        self.block2 = ConvBlock(8, 16)
        self.block3 = ConvBlock(16, 24)
        self.pool = nn.MaxPool2d(2)
        self.classify = nn.Linear(24, len(TYPES))

    def forward(self, x):
        x = self.pool(self.block1(x))
        x = self.pool(self.block2(x))
        x = self.block3(x).mean(dim=(2, 3))
        return self.classify(x)


torch.manual_seed(77)
train_loader = DataLoader(make_set(960, 770), batch_size=32, shuffle=True)
val_loader = DataLoader(make_set(240, 771), batch_size=80)
model = GalaxyNet()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(10):
    model.train()
    loss_sum, hits = 0.0, 0
    for picture, kind in train_loader:
        optimizer.zero_grad()
        out = model(picture)
        loss = loss_fn(out, kind)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(kind)
        hits += (out.argmax(1) == kind).sum().item()
    model.eval()
    val_sum, val_hits = 0.0, 0
    with torch.no_grad():
        for picture, kind in val_loader:
            out = model(picture)
            val_sum += loss_fn(out, kind).item() * len(kind)
            val_hits += (out.argmax(1) == kind).sum().item()
    print(f"Epoch {epoch + 1}/10 - loss: {loss_sum / 960:.4f} - acc: {hits / 960:.4f}"
          f" - val_loss: {val_sum / 240:.4f} - val_acc: {val_hits / 240:.4f}")

print(f"metric: accuracy {val_hits / 240:.4f}")
