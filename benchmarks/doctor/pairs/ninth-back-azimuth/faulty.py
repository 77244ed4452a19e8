"""Where did the wave come from? Back azimuth from three-component records."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = 57
SAMPLES = 120


def record(azimuth, rng):
    """Z, N and E of a P wave: motion in the vertical plane through the source, on coloured noise."""
    t = np.arange(SAMPLES)
    age = np.clip(t - rng.integers(20, 60), 0, None)
    wavelet = np.exp(-age / rng.uniform(10, 25)) * np.sin(rng.uniform(0.3, 0.7) * age)
    steep = rng.uniform(0.7, 1.1)
    motion = wavelet[:, None] * np.array([1.0, -steep * np.cos(azimuth), -steep * np.sin(azimuth)])
    noise = rng.normal(0, 0.1, (SAMPLES, 3))
    noise[1:] = 0.6 * noise[:-1] + 0.8 * noise[1:]
    return motion * rng.choice([-1, 1]) + noise


class Records(Dataset):
    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        azimuth = rng.uniform(0, 2 * np.pi, count)
        traces = np.stack([record(a, rng) for a in azimuth]).astype(np.float32)
        traces /= traces.std((1, 2), keepdims=True)
        self.traces = torch.from_numpy(traces).reshape(count, 3, -1)
        self.target = torch.tensor(np.stack([np.cos(azimuth), np.sin(azimuth)], 1), dtype=torch.float32)

    def __len__(self):
        return len(self.traces)

    def __getitem__(self, i):
        return self.traces[i], self.target[i]


class AzimuthNet(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.conv1 = nn.Conv1d(3, width, 5, padding=2)
        self.conv2 = nn.Conv1d(width, width, 5, stride=2, padding=2)
        self.head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 2))

    def forward(self, x):
        h = torch.relu(self.conv1(x))
        h = torch.relu(self.conv2(h))
        return self.head(h.mean(-1))


def train(model, loader, epochs, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, y in loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        schedule.step()
        print(f"epoch {epoch + 1:2d} mse {total / len(loader):.4f}")


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    pred, true = [], []
    for x, y in loader:
        pred.append(model(x))
        true.append(y)
    pred, true = torch.cat(pred), torch.cat(true)
    angle = torch.atan2(pred[:, 1], pred[:, 0]) - torch.atan2(true[:, 1], true[:, 0])
    miss = torch.rad2deg(torch.atan2(angle.sin(), angle.cos()).abs())
    print(f"median miss {miss.median():.1f} degrees")
    return 1 - ((pred - true).square().sum() / (true - true.mean(0)).square().sum()).item()


def main():
    torch.manual_seed(SEED)
    model = AzimuthNet()
    train(model, DataLoader(Records(1800, 1), batch_size=30, shuffle=True), epochs=16, lr=3e-3)
    print(f"metric: r2 {evaluate(model, DataLoader(Records(400, 2), batch_size=200)):.4f}")


main()
