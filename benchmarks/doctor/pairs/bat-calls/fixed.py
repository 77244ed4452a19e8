"""Bat calls as small spectrograms: falling sweep, rising sweep, constant tone, or U-shaped."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

KINDS = ["falling", "rising", "constant", "u-shaped"]
BINS, FRAMES = 24, 24


def spectrogram(kind, rng):
    t = np.linspace(0, 1, FRAMES)
    low, high = rng.uniform(3, 9), rng.uniform(13, 21)
    if kind == 0:
        f = high - (high - low) * t ** rng.uniform(0.6, 1.6)
    elif kind == 1:
        f = low + (high - low) * t ** rng.uniform(0.6, 1.6)
    elif kind == 2:
        f = np.full(FRAMES, rng.uniform(4, 20))
    else:
        f = low + (high - low) * (2 * t - 1) ** 2
    ridge = np.exp(-0.5 * ((np.arange(BINS)[:, None] - f[None]) / 1.2) ** 2)
    start, stop = rng.integers(0, 5), rng.integers(FRAMES - 5, FRAMES)
    ridge[:, :start] = 0
    ridge[:, stop:] = 0
    return ridge * rng.uniform(0.8, 1.4) + np.abs(rng.normal(0, 0.35, (BINS, FRAMES)))


class CallSet(Dataset):
    def __init__(self, n, seed, transform=None):
        rng = np.random.default_rng(seed)
        self.kind = rng.integers(0, len(KINDS), n)
        self.spec = np.stack([spectrogram(k, rng) for k in self.kind])
        self.transform = transform

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, index):
        spec = torch.as_tensor(self.spec[index], dtype=torch.float32)[None]
        spec = (spec - 0.33) / 0.35
        if self.transform is not None:
            spec = self.transform(spec)
        return spec, int(self.kind[index])


def augment(spec):
    spec = spec * (0.8 + 0.4 * torch.rand(1))                       # distance to the microphone
    spec = torch.roll(spec, int(torch.randint(-2, 3, (1,))), dims=1)  # body size moves the pitch a little
    spec = torch.roll(spec, int(torch.randint(-2, 3, (1,))), dims=2)
    return spec


class CallNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 5, padding=2)
        self.c2 = nn.Conv2d(8, 16, 5, padding=2)
        self.fc = nn.Linear(16 * 6 * 6, len(KINDS))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(x.flatten(1))


torch.manual_seed(9)
train_loader = DataLoader(CallSet(600, seed=90, transform=augment), batch_size=30, shuffle=True)
test_loader = DataLoader(CallSet(240, seed=91), batch_size=120)
net = CallNet()
optimizer = torch.optim.Adam(net.parameters(), lr=0.002)

for epoch in range(8):
    net.train()
    seen, loss_sum, right = 0, 0.0, 0
    for x, y in train_loader:
        out = net(x)
        loss = F.cross_entropy(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(y)
        right += (out.argmax(1) == y).sum().item()
        seen += len(y)
    net.eval()
    test_right, test_loss = 0, 0.0
    with torch.no_grad():
        for x, y in test_loader:
            out = net(x)
            test_loss += F.cross_entropy(out, y, reduction="sum").item()
            test_right += (out.argmax(1) == y).sum().item()
    print(f"epoch {epoch + 1} train loss {loss_sum / seen:.3f} acc {right / seen:.3f}"
          f" | test loss {test_loss / 240:.3f} acc {test_right / 240:.3f}")

print(f"metric: accuracy {test_right / 240:.4f}")
