"""P-arrival picking: one probability per sample of a noisy seismogram."""
import logging

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

logging.basicConfig(level=logging.INFO, format="%(message)s")
log = logging.getLogger("picker")

N = 256
WIDTH = 3.0


class Seismograms(Dataset):
    """Traces with one onset each; the label is a narrow bump around it."""

    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        t = np.arange(N)
        self.onset = rng.integers(40, 216, count)
        noise = rng.normal(0, 1, (count, N))
        noise[:, 1:] = 0.6 * noise[:, :-1] + 0.8 * noise[:, 1:]
        age = np.clip(t[None] - self.onset[:, None], 0, None)
        freq = rng.uniform(0.5, 1.0, (count, 1))
        amp = rng.uniform(4, 12, (count, 1))
        wave = amp * np.exp(-age / rng.uniform(15, 40, (count, 1))) * np.sin(freq * age)
        trace = noise + wave
        trace = trace - trace.mean(1, keepdims=True)
        trace = trace / np.abs(trace).max(1, keepdims=True)
        bump = np.exp(-0.5 * ((t[None] - self.onset[:, None]) / WIDTH) ** 2)
        self.trace = torch.tensor(trace, dtype=torch.float32)[:, None]
        self.bump = torch.tensor(bump, dtype=torch.float32)

    def __len__(self):
        return len(self.trace)

    def __getitem__(self, i):
        return self.trace[i], self.bump[i]


class Picker(nn.Module):
    def __init__(self, c=12):
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv1d(1, c, 7, padding=3), nn.BatchNorm1d(c), nn.ReLU())
        self.down2 = nn.Sequential(nn.Conv1d(c, 2 * c, 7, stride=2, padding=3), nn.BatchNorm1d(2 * c), nn.ReLU())
        self.down3 = nn.Sequential(nn.Conv1d(2 * c, 2 * c, 7, stride=2, padding=3), nn.BatchNorm1d(2 * c), nn.ReLU())
        self.up2 = nn.ConvTranspose1d(2 * c, 2 * c, 2, stride=2)
        self.up1 = nn.ConvTranspose1d(4 * c, c, 2, stride=2)
        self.head = nn.Conv1d(2 * c, 1, 5, padding=2)
        nn.init.constant_(self.head.bias, -3.5)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(a)
        z = self.down3(b)
        z = torch.cat([self.up2(z), b], 1)
        z = torch.cat([self.up1(z), a], 1)
        return self.head(z).squeeze(1)


def hit_rate(model, data, tolerance=4):
    model.eval()
    with torch.inference_mode():
        picks = torch.cat([model(x).argmax(-1) for x, _ in DataLoader(data, 100)])
    return float(np.mean(np.abs(picks.numpy() - data.onset) <= tolerance))


def train(model, data, val, epochs):
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=3)
    loader = DataLoader(data, batch_size=32, shuffle=True, drop_last=True)
    for epoch in range(epochs):
        model.train()
        losses = []
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        mean = torch.stack(losses).mean().item()
        plateau.step(mean)
        log.info("epoch %02d bce %.4f hits %.3f", epoch, mean, hit_rate(model, val))


torch.manual_seed(11)
picker = Picker()
train(picker, Seismograms(1200, 1), Seismograms(200, 2), epochs=12)
print(f"metric: hit_rate {hit_rate(picker, Seismograms(400, 3)):.4f}")
