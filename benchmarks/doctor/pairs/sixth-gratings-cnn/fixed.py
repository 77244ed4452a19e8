"""Oriented textures, small CNN, gradients accumulated over micro-batches."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Gratings(Dataset):
    def __init__(self, n, seed, size=16):
        g = np.random.default_rng(seed)
        yy, xx = np.mgrid[:size, :size] / size
        self.labels = g.integers(0, 6, n)
        angle = self.labels * np.pi / 6 + g.uniform(-0.15, 0.15, n)
        phase = g.uniform(0, 2 * np.pi, n)
        freq = g.uniform(3, 5, n)
        arg = 2 * np.pi * freq[:, None, None] * (np.cos(angle)[:, None, None] * xx + np.sin(angle)[:, None, None] * yy)
        img = np.sin(arg + phase[:, None, None]) + g.normal(0, 0.5, (n, size, size))
        self.images = img.astype(np.float32)[:, None]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.images[i], int(self.labels[i])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 12, 5, padding=2)
        self.c2 = nn.Conv2d(12, 24, 3, padding=1)
        self.out = nn.Linear(24 * 4 * 4, 6)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.out(x.flatten(1))


MICRO, ACCUM, EPOCHS = 16, 4, 12
torch.manual_seed(9)
train = DataLoader(Gratings(1280, 1), batch_size=MICRO, shuffle=True)
test = DataLoader(Gratings(480, 2), batch_size=120)
model = Net()
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

for epoch in range(EPOCHS):
    model.train()
    opt.zero_grad()
    seen, loss_sum = 0, 0.0
    for step, (x, y) in enumerate(train, start=1):
        loss = F.cross_entropy(model(x), y)
        (loss / ACCUM).backward()
        if step % ACCUM == 0:
            opt.step()
            opt.zero_grad()
        seen += len(y)
        loss_sum += loss.item() * len(y)
    print(f"epoch {epoch} loss {loss_sum / seen:.3f}")

model.eval()
hits = 0
with torch.no_grad():
    for x, y in test:
        hits += (model(x).argmax(1) == y).sum().item()
print("metric: accuracy", hits / 480)
