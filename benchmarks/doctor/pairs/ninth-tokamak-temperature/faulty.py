"""Core electron temperature (eV) along a discharge from heating power, current and gas signals."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

STEPS = 40


def discharge(rng):
    """Energy balance with a confinement time that grows with the plasma current."""
    t = np.arange(STEPS)
    heat = np.where((t > rng.integers(3, 10)) & (t < rng.integers(24, 38)), rng.uniform(1, 8), 0.4)
    current = rng.uniform(0.6, 1.6) * np.clip(t / 8, 0.2, 1)
    gas = rng.uniform(1.5, 4.0) * (1 + 0.2 * np.sin(t / 5 + rng.uniform(0, 6)))
    energy, te = 0.2, []
    for k in range(STEPS):
        tau = 3.0 * current[k]
        energy += heat[k] - energy / tau
        te.append(650 * energy / gas[k] / 3 + 120)
    return np.stack([heat, current, gas], 1), np.array(te) + rng.normal(0, 25, STEPS)


class Shots(Dataset):
    def __init__(self, count, seed):
        rng = np.random.default_rng(seed)
        shots = [discharge(rng) for _ in range(count)]
        signals, core = np.stack([s for s, _ in shots]), np.stack([c for _, c in shots])
        self.signals = torch.tensor((signals - [3, 1, 2.7]) / [2.5, 0.4, 0.8], dtype=torch.float32)
        self.unit = 1.0
        self.target = torch.tensor(core / self.unit, dtype=torch.float32)

    def __len__(self):
        return len(self.target)

    def __getitem__(self, i):
        return self.signals[i], self.target[i]


class ProfileGRU(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.rnn = nn.GRU(3, hidden, batch_first=True)
        self.readout = nn.Linear(hidden, 1)

    def forward(self, signals):
        return self.readout(self.rnn(signals)[0]).squeeze(-1)


def train(model, loader, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for signals, target in loader:
            loss = nn.functional.mse_loss(model(signals), target)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        print(f"epoch {epoch + 1:2d} mse {total / len(loader):.4g}")


def evaluate(model, shots):
    model.eval()
    with torch.no_grad():
        error = model(shots.signals) - shots.target
    print(f"rmse {error.square().mean().sqrt().item() * shots.unit:.1f} eV")
    return 1 - (error.square().sum() / (shots.target - shots.target.mean()).square().sum()).item()


if __name__ == "__main__":
    torch.manual_seed(37)
    model = ProfileGRU()
    train(model, DataLoader(Shots(600, seed=5), batch_size=20, shuffle=True), epochs=20)
    print(f"metric: r2 {evaluate(model, Shots(150, seed=6)):.4f}")
