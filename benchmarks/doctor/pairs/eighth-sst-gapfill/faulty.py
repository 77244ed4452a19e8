"""Fill clouds in daily sea surface temperature with a small convolutional network."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

SEED = 6
SIZE, N_TRAIN, N_TEST = 24, 400, 100
FILL = -999.0


def coast(size):
    y, x = np.mgrid[:size, :size]
    return x > 5 + 3 * np.sin(y / 4)


def daily_fields(n, ocean, rng):
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    out = []
    for _ in range(n):
        field = 15 + 6 * (1 - y) + 2 * rng.normal()
        for _ in range(4):
            cx, cy, r = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.1, 0.25)
            field = field + rng.normal(0, 2) * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * r * r))
        out.append(np.where(ocean, field, FILL))
    return np.stack(out)


class Normalizer:
    def __init__(self, sample):
        self.mean = float(sample.mean())
        self.std = float(sample.std())

    def __call__(self, field):
        return (field - self.mean) / self.std

    def inverse(self, field):
        return field * self.std + self.mean


class Scenes(Dataset):
    def __init__(self, fields, ocean, norm, seed):
        rng = np.random.default_rng(seed)
        z = norm(fields)
        z[:, ~ocean] = 0.0
        self.truth = torch.tensor(z, dtype=torch.float32)
        self.ocean = torch.tensor(ocean)
        clear = np.ones(fields.shape, bool)
        for c in clear:
            for _ in range(3):
                i, j = rng.integers(0, SIZE - 6, 2)
                c[i:i + rng.integers(4, 9), j:j + rng.integers(4, 9)] = False
        self.clear = torch.tensor(clear) & self.ocean

    def __len__(self):
        return len(self.truth)

    def __getitem__(self, i):
        seen = self.clear[i].float()
        hidden = self.ocean & ~self.clear[i]
        x = torch.stack([self.truth[i] * seen, seen, self.ocean.float()])
        return x, self.truth[i], hidden


class FillNet(nn.Module):
    def __init__(self, c=16):
        super().__init__()
        self.enc = nn.Conv2d(3, c, 3, padding=1)
        self.down = nn.Conv2d(c, 2 * c, 3, stride=2, padding=1)
        self.deep = nn.Conv2d(2 * c, 2 * c, 3, stride=2, padding=1)
        self.mix = nn.Conv2d(4 * c, 2 * c, 3, padding=1)
        self.out = nn.Conv2d(3 * c, 1, 3, padding=1)

    def forward(self, x):
        a = F.relu(self.enc(x))
        b = F.relu(self.down(a))
        z = F.relu(self.deep(b))
        z = F.interpolate(z, scale_factor=2)
        z = F.relu(self.mix(torch.cat([z, b], 1)))
        z = F.interpolate(z, scale_factor=2)
        return self.out(torch.cat([z, a], 1)).squeeze(1)


def train(model, loader, epochs=12, lr=3e-3):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, truth, hidden in loader:
            optimizer.zero_grad()
            loss = F.mse_loss(model(x)[hidden], truth[hidden])
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        print(f"epoch {epoch + 1} loss {total / len(loader):.5f}")


@torch.no_grad()
def evaluate(model, loader, norm):
    model.eval()
    pred, true = [], []
    for x, truth, hidden in loader:
        pred.append(norm.inverse(model(x)[hidden]))
        true.append(norm.inverse(truth[hidden]))
    pred, true = torch.cat(pred), torch.cat(true)
    return 1 - ((pred - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    ocean = coast(SIZE)
    fields = daily_fields(N_TRAIN + N_TEST, ocean, rng)
    norm = Normalizer(fields[:N_TRAIN])
    train_set = Scenes(fields[:N_TRAIN], ocean, norm, 1)
    test_set = Scenes(fields[N_TRAIN:], ocean, norm, 2)
    model = FillNet()
    train(model, DataLoader(train_set, batch_size=16, shuffle=True))
    print(f"metric: r2 {evaluate(model, DataLoader(test_set, batch_size=50), norm):.4f}")


main()
