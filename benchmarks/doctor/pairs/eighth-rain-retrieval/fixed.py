"""Rain rate from radar columns and microwave brightness: a two-branch network."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

HEIGHTS = 12


def overpasses(n, rng):
    rate = rng.gamma(0.7, 5.0, n) + 0.02
    # the gauge tips in steps of 0.2 mm
    gauge = np.floor(rate / 0.2) * 0.2
    top = rng.uniform(4, 11, n)
    z = np.arange(HEIGHTS)
    column = 23 + 16 * np.log10(rate)[:, None] - 3.0 * np.clip(z - top[:, None] / 2, 0, None)
    column = np.clip(column + rng.normal(0, 1.5, column.shape), -10, 60)
    bright = np.stack([285 - 4 * top + rng.normal(0, 2, n),
                       278 - 9 * np.sqrt(rate) + rng.normal(0, 3, n),
                       270 - 5 * np.sqrt(rate) * top / 7 + rng.normal(0, 3, n)], 1)
    return column, bright, gauge


def log_rain(rate):
    return np.log10(rate + 0.01)


class Overpasses(Dataset):
    def __init__(self, n, seed):
        column, bright, gauge = overpasses(n, np.random.default_rng(seed))
        self.column = torch.tensor((column - 20) / 12, dtype=torch.float32).unsqueeze(1)
        self.bright = torch.tensor((bright - 265) / 12, dtype=torch.float32)
        self.rain = torch.tensor(gauge, dtype=torch.float32)
        self.target = torch.tensor(log_rain(np.maximum(gauge, 0.0)), dtype=torch.float32)

    def __len__(self):
        return len(self.target)

    def __getitem__(self, i):
        return self.column[i], self.bright[i], self.target[i]


class Retrieval(nn.Module):
    def __init__(self, c=8, hidden=32):
        super().__init__()
        self.radar = nn.Sequential(nn.Conv1d(1, c, 3, padding=1), nn.ReLU(), nn.Conv1d(c, c, 3, padding=1), nn.ReLU(),
                                   nn.Flatten())
        self.radiometer = nn.Sequential(nn.Linear(3, 16), nn.ReLU())
        self.join = nn.Sequential(nn.Linear(c * HEIGHTS + 16, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, column, bright):
        return self.join(torch.cat([self.radar(column), self.radiometer(bright)], 1)).squeeze(1)


def train(model, loader, epochs, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    loss_fn = nn.SmoothL1Loss()
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for column, bright, target in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(column, bright), target)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(target)
        print(f"epoch {epoch + 1:2d} loss {total / len(loader.dataset):.4f}")


def evaluate(model, data, at_least=0.2):
    """Correlation of log rates where it rained."""
    model.eval()
    wet = data.rain >= at_least
    with torch.no_grad():
        pred = model(data.column[wet], data.bright[wet])
    return np.corrcoef(pred.numpy(), data.rain[wet].log10().numpy())[0, 1]


if __name__ == "__main__":
    torch.manual_seed(16)
    model = Retrieval()
    train(model, DataLoader(Overpasses(2400, seed=1), batch_size=48, shuffle=True), epochs=16, lr=2e-3)
    print(f"metric: correlation {evaluate(model, Overpasses(600, seed=2)):.4f}")
