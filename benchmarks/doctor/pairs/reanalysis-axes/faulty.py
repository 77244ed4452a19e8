"""Rain at a gauge from four variables on a grid, arrays as written by the model: (time, lat, lon, variable)."""
import argparse

import numpy as np
import torch
from torch import nn


def load(n, seed):
    """Four correlated fields in physical patterns, and rain made of moisture convergence near the centre."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 1, (n, 4, 4, 4))
    fields = coarse.repeat(3, 1).repeat(3, 2)
    fields += 0.3 * rng.normal(0, 1, fields.shape)
    q, u, v, t = (fields[..., k] for k in range(4))
    inner = slice(3, 9)
    rain = (q * np.gradient(u, axis=2) + 0.5 * t * v)[:, inner, inner].mean((1, 2))
    return fields.astype(np.float32), (3 * rain).astype(np.float32)


def to_tensor(fields):
    n, lat, lon, var = fields.shape
    return torch.from_numpy(fields.reshape(n, var, lat, lon))


class Downscaler(nn.Module):
    def __init__(self, n_vars, width):
        super().__init__()
        self.encode = nn.Sequential(
            nn.Conv2d(n_vars, width, 3, padding=1), nn.GELU(), nn.Conv2d(width, width, 3, padding=1), nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1, stride=2), nn.GELU(),
        )  # fmt: skip
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(width * 36, 64), nn.GELU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.head(self.encode(x))[:, 0]


def get_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=24)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--epochs", type=int, default=7)
    parser.add_argument("--batch-size", type=int, default=32)
    return parser.parse_args()


def run(args):
    torch.manual_seed(8)
    fields, rain = load(1800, 8)
    x, y = to_tensor(fields), torch.from_numpy(rain)
    x_train, y_train, x_test, y_test = x[:1500], y[:1500], x[1500:], y[1500:]
    model = Downscaler(4, args.width)
    opt = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(args.epochs):
        losses = []
        for idx in torch.randperm(len(x_train)).split(args.batch_size):
            opt.zero_grad()
            loss = nn.functional.mse_loss(model(x_train[idx]), y_train[idx])
            loss.backward()
            opt.step()
            losses.append(loss.detach())
        print(f"epoch={epoch} mse={torch.stack(losses).mean():.4f}")
    model.eval()
    with torch.no_grad():
        left = (model(x_test) - y_test).var()
    print(f"metric: r2 {1 - (left / y_test.var()).item():.4f}")


run(get_args())
