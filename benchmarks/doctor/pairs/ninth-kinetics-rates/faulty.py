"""Log10 turnover of an enzyme (per second) from assay conditions: a gated network."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = 90
COLUMNS = ("temperature_K", "pH", "substrate_uM", "inhibitor_uM", "ionic_mM")


def assays(n, rng):
    temperature = rng.uniform(283, 330, n)
    ph = rng.uniform(4.5, 9.5, n)
    substrate = rng.uniform(5, 2000, n)
    inhibitor = rng.uniform(0, 300, n)
    ionic = rng.uniform(5, 500, n)
    log_k = (1.3 - 2600 * (1 / temperature - 1 / 305) * 0.9
             - np.log10(1 + 10 ** (6 - ph) + 10 ** (ph - 8.3))
             + np.log10(substrate / (substrate + 250 * (1 + inhibitor / 60)))
             - 0.0006 * ionic)
    return np.stack([temperature, ph, substrate, inhibitor, ionic], 1), log_k - 0.6 + rng.normal(0, 0.05, n)


class AssaySet(Dataset):
    def __init__(self, n, rng, stats=None):
        raw, log_k = assays(n, rng)
        self.raw = torch.tensor(raw, dtype=torch.float32)
        self.stats = stats or (self.raw.mean(0), self.raw.std(0))
        x = (self.raw - self.stats[0]) / self.stats[1]
        self.x, self.y = self.raw, torch.tensor(log_k, dtype=torch.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class GatedNet(nn.Module):
    def __init__(self, features=len(COLUMNS), width=32):
        super().__init__()
        self.inp = nn.Linear(features, width)
        self.gate, self.value = nn.Linear(width, width), nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        h = torch.tanh(self.inp(x))
        h = h + torch.sigmoid(self.gate(h)) * torch.tanh(self.value(h))
        return torch.relu(self.out(h)).squeeze(-1)


def fit(model, train_set, epochs=25, batch=40):
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, y in DataLoader(train_set, batch_size=batch, shuffle=True):
            loss = (model(x) - y).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
        schedule.step()
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1:2d} mse {total / len(train_set):.4f}")


def evaluate(model, data):
    model.eval()
    with torch.no_grad():
        residual = model(data.x) - data.y
    return 1 - (residual.square().sum() / (data.y - data.y.mean()).square().sum()).item()


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train_set = AssaySet(1500, rng)
    test_set = AssaySet(400, rng, stats=train_set.stats)
    model = GatedNet()
    fit(model, train_set)
    print(f"metric: r2 {evaluate(model, test_set):.4f}")


main()
