"""Photometric redshift from five magnitudes, errors weighted by their survey uncertainty."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 3


def survey(n, rng):
    z = rng.gamma(3.0, 0.25, n).clip(0.02, 2.5)
    wave = np.array([355, 470, 620, 750, 890.0])
    rest = wave[None] / (1 + z[:, None])
    kind = rng.uniform(0, 1, (n, 1))
    sed = (1.2 + 0.6 * kind) * np.tanh((rest - 400) / 60) + 0.002 * rest * kind
    brightness = rng.normal(21, 1, (n, 1))
    mags = brightness - sed + 0.8 * z[:, None]
    noise = 0.02 + 0.02 * np.exp(0.5 * (brightness - 21))
    mags = mags + noise * rng.normal(size=mags.shape)
    sigma = 0.05 + 0.02 * rng.random(n)
    return mags, z + sigma * 0.3 * rng.normal(size=n), sigma


def features(mags, mean=None, std=None):
    x = np.concatenate([mags[:, 2:3], np.diff(mags, axis=1)], 1)
    if mean is None:
        mean, std = x.mean(0), x.std(0)
    return (x - mean) / std, mean, std


class PhotoZ(nn.Module):
    def __init__(self, n_in=5, hidden=64):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_in, hidden), nn.ReLU(),
                                    nn.Linear(hidden, hidden), nn.ReLU(),
                                    nn.Linear(hidden, 1))

    def forward(self, x):
        return self.layers(x).squeeze(-1)


class WeightedError(nn.Module):
    """Chi-square of the residuals, relative to the median uncertainty."""

    def __init__(self, reference):
        super().__init__()
        self.reference = reference

    def forward(self, z_pred, z_true, sigma):
        pull = (z_pred - z_true) / sigma
        return pull.mul(self.reference).square().mean()


def train(model, loader, criterion, epochs):
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.5)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, z, sigma in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), z, sigma)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        scheduler.step()
        print(f"epoch {epoch + 1:2d} chi2 {total / len(loader.dataset):.5f}")


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    mags, z, sigma = survey(3000, rng)
    test_mags, test_z, _ = survey(600, rng)
    x, mean, std = features(mags)
    x_test, _, _ = features(test_mags, mean, std)
    tensors = [torch.tensor(a, dtype=torch.float32) for a in (x, z, sigma)]
    loader = DataLoader(TensorDataset(*tensors), batch_size=64, shuffle=True)

    model = PhotoZ()
    train(model, loader, WeightedError(float(np.median(sigma))), epochs=24)

    model.eval()
    with torch.no_grad():
        pred = model(torch.tensor(x_test, dtype=torch.float32)).numpy().ravel()
    scatter = np.abs(pred - test_z) / (1 + test_z)
    print(f"median scatter {np.median(scatter):.4f} outliers {(scatter > 0.15).mean():.3f}")
    r2 = 1 - ((pred - test_z) ** 2).sum() / ((test_z - test_z.mean()) ** 2).sum()
    print(f"metric: r2 {r2:.4f}")


main()
