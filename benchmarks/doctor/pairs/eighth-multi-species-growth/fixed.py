"""Growth rate of five plankton species from light, temperature and nutrients: shared trunk, a head per species."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SPECIES = 5


class Chemostat(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        traits = np.random.default_rng(77)
        light, temp, nitrate = rng.uniform(5, 400, n), rng.uniform(2, 30, n), 10 ** rng.uniform(-1, 1.5, n)
        best, width = traits.uniform(8, 24, SPECIES), traits.uniform(4, 9, SPECIES)
        half_n, half_l = 10 ** traits.uniform(-0.8, 0.8, SPECIES), traits.uniform(20, 150, SPECIES)
        sign = np.array([1, -1, 1, -1, 1])
        rate = (np.exp(-0.5 * ((temp[:, None] - best) / width) ** 2)
                * nitrate[:, None] / (nitrate[:, None] + half_n)
                * light[:, None] / (light[:, None] + half_l))
        net = 1.5 * rate * sign - 0.3 * sign + rng.normal(0, 0.03, rate.shape)
        self.x = torch.tensor(np.stack([(light - 200) / 115, (temp - 16) / 8, (np.log10(nitrate) - 0.25) / 0.72], 1),
                              dtype=torch.float32)
        self.y = torch.tensor(net / 0.3, dtype=torch.float32)

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


class Head(nn.Module):
    def __init__(self, width, hidden=16):
        super().__init__()
        self.a = nn.Linear(width, hidden)
        self.b = nn.Linear(hidden, 1)

    def forward(self, h):
        return self.b(torch.tanh(self.a(h)))


class GrowthModel(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(3, width), nn.Tanh())
        self.heads = nn.ModuleList([Head(width) for _ in range(SPECIES)])

    def forward(self, x):
        h = self.trunk(x)
        return torch.cat([head(h) for head in self.heads], dim=1)


def train(model, loader, epochs, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, y in loader:
            loss = (model(x) - y).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        scheduler.step()
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} mse {total / len(loader.dataset):.4f}")


def evaluate(model, data):
    model.eval()
    with torch.no_grad():
        residual = (model(data.x) - data.y).square().sum(0)
    each = 1 - residual / (data.y - data.y.mean(0)).square().sum(0)
    print("per species", [round(v, 3) for v in each.tolist()])
    return each.mean().item()


if __name__ == "__main__":
    torch.manual_seed(1)
    loader = DataLoader(Chemostat(2000, 1), batch_size=40, shuffle=True)
    model = GrowthModel()
    train(model, loader, epochs=25, lr=5e-3)
    print(f"metric: r2 {evaluate(model, Chemostat(500, 2)):.4f}")
