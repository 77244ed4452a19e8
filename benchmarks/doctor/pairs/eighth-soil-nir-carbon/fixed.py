"""Organic carbon of soils from near-infrared reflectance, early stopping on a validation split."""
import copy

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 14
BANDS = np.linspace(1100, 2400, 90)


def soils(n, rng):
    carbon = rng.gamma(2.2, 1.1, n)
    clay, water = rng.uniform(5, 50, n), rng.uniform(1, 12, n)
    def band(centre, width):
        return np.exp(-0.5 * ((BANDS - centre) / width) ** 2)
    absorb = (0.05 * carbon[:, None] * (band(1730, 40) + 1.4 * band(2310, 50) + 0.6 * band(2050, 60))
              + 0.006 * clay[:, None] * (band(2205, 25) + 0.5 * band(1410, 25))
              + 0.04 * water[:, None] * (band(1920, 45) + 0.6 * band(1440, 60)))
    slope = rng.normal(0, 0.1, (n, 1)) * (BANDS - 1750) / 650
    level = rng.normal(0.5, 0.1, (n, 1))
    spectra = level + slope + absorb + rng.normal(0, 0.006, absorb.shape)
    return spectra, np.log1p(carbon)


class StandardScaler:
    def __init__(self, values):
        self.mean, self.std = values.mean(0), values.std(0)

    def transform(self, values):
        return torch.tensor((values - self.mean) / self.std, dtype=torch.float32)


def derivative(spectra):
    """Smoothed first derivative, as chemometricians do it."""
    kernel = np.array([-2, -1, 0, 1, 2]) / 10
    return np.stack([np.convolve(s, -kernel, mode="valid") for s in spectra])


class EarlyStopping:
    def __init__(self, patience, min_delta):
        self.patience, self.min_delta = patience, min_delta
        self.best, self.bad, self.state = np.inf, 0, None

    def update(self, value, model):
        if value < self.best - self.min_delta:
            self.best, self.bad, self.state = value, 0, copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


def train(model, train_data, val_data, max_epochs=250):
    x, y = train_data
    xv, yv = val_data
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-4, weight_decay=1e-4)
    stopper = EarlyStopping(15, 1e-4)
    loss_fn = nn.MSELoss()
    for epoch in range(max_epochs):
        model.train()
        for rows in torch.randperm(len(x)).split(50):
            optimizer.zero_grad()
            loss_fn(model(x[rows]).squeeze(1), y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            val = loss_fn(model(xv).squeeze(1), yv).item()
        if epoch % 10 == 0:
            print(f"epoch {epoch:3d} validation mse {val:.4f}")
        if stopper.update(val, model):
            print(f"stopped after epoch {epoch}")
            break
    model.load_state_dict(stopper.state)


def main():
    torch.manual_seed(SEED)
    spectra, target = soils(900, np.random.default_rng(SEED))
    spectra = derivative(spectra)
    rest, test = train_test_split(np.arange(900), test_size=200, random_state=SEED)
    fit, val = train_test_split(rest, test_size=150, random_state=SEED)
    sx, sy = StandardScaler(spectra[fit]), StandardScaler(target[fit])
    data = {k: (sx.transform(spectra[i]), sy.transform(target[i])) for k, i in
            {"fit": fit, "val": val, "test": test}.items()}
    model = nn.Sequential(nn.Linear(spectra.shape[1], 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
    train(model, data["fit"], data["val"])
    model.eval()
    with torch.no_grad():
        x, y = data["test"]
        r2 = 1 - (model(x).squeeze(1) - y).square().sum() / (y - y.mean()).square().sum()
    print(f"metric: r2 {r2.item():.4f}")


main()
