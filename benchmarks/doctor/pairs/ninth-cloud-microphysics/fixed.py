"""Emulate the autoconversion and accretion rates of a cloud scheme; one network for both tendencies."""
import copy

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

DEFAULTS = {"seed": 24, "hidden": 16, "layers": 2, "lr": 1e-3, "epochs": 30, "batch": 50, "patience": 8}
PRESETS = {
    "smoke": {"epochs": 1, "hidden": 4},
    "full": {"hidden": 48, "lr": 3e-3},
}


def configure(preset):
    config = dict(DEFAULTS)
    config.update(PRESETS[preset])
    return config


def scheme(n, rng):
    """Khairoutdinov-Kogan-like rates with a cut-off for small droplets, all in logs."""
    lqc, lqr = rng.uniform(-5, -2.7, n), rng.uniform(-6, -3, n)
    lnc, wind = rng.uniform(1.3, 2.7, n), rng.uniform(0, 2, n)
    auto = 3.1 + 2.47 * lqc - 1.79 * lnc + 0.4 * np.sin(2 * wind)
    radius = (lqc - lnc) / 3
    auto = auto - 2.0 / (1 + np.exp(12 * (radius + 1.95)))
    accr = 1.8 + 1.15 * (lqc + lqr) + 0.6 * np.tanh(3 * (wind - 1)) * (lqr + 4.5)
    x = np.stack([lqc, lqr, lnc, wind], 1)
    return x, np.stack([auto, accr], 1) + rng.normal(0, 0.05, (n, 2))


class Standardise:
    def __init__(self, a):
        self.mean, self.std = a.mean(0, keepdims=True), a.std(0, keepdims=True)

    def __call__(self, a):
        return torch.tensor((a - self.mean) / self.std, dtype=torch.float32)


def build(n_in, n_out, hidden, layers):
    widths = [n_in] + [hidden] * layers
    parts = []
    for a, b in zip(widths[:-1], widths[1:]):
        parts.append(nn.Linear(a, b))
        parts.append(nn.SiLU())
    parts.append(nn.Linear(widths[-1], n_out))
    return nn.Sequential(*parts)


@torch.no_grad()
def validate(model, x, y):
    model.eval()
    return nn.functional.mse_loss(model(x), y).item()


def train(model, data, config):
    (x, y), (xv, yv) = data["train"], data["val"]
    loader = DataLoader(TensorDataset(x, y), config["batch"], shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=config["lr"])
    best, weights, waited = float("inf"), None, 0
    for epoch in range(config["epochs"]):
        model.train()
        for xb, yb in loader:
            loss = nn.functional.mse_loss(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        val = validate(model, xv, yv)
        if val < best:
            best, weights, waited = val, copy.deepcopy(model.state_dict()), 0
        else:
            waited += 1
        print(f"epoch {epoch:2d} validation {val:.4f} waited {waited}")
        if waited > config["patience"]:
            break
    model.load_state_dict(weights)


def main():
    config = configure("full")
    torch.manual_seed(config["seed"])
    x, y = scheme(3000, np.random.default_rng(config["seed"]))
    parts = {"train": slice(0, 2200), "val": slice(2200, 2600), "test": slice(2600, 3000)}
    sx, sy = Standardise(x[parts["train"]]), Standardise(y[parts["train"]])
    data = {k: (sx(x[s]), sy(y[s])) for k, s in parts.items()}
    model = build(x.shape[1], y.shape[1], config["hidden"], config["layers"])
    train(model, data, config)
    xt, yt = data["test"]
    r2 = 1 - validate(model, xt, yt) / yt.var(0, unbiased=False).mean().item()
    print(f"metric: r2 {r2:.4f}")


if __name__ == "__main__":
    main()
