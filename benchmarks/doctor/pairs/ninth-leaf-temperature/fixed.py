"""Leaf temperature (degrees C) under sun and wind from the energy balance, learned from chamber runs."""
import numpy as np
import torch
import torch.nn as nn

SEED = 66
INPUTS = ["shortwave", "air_temp", "wind", "conductance", "humidity"]


def chamber(n, rng):
    """Solve the leaf's energy balance by bisection."""
    sw, ta = rng.uniform(50, 950, n), rng.uniform(8, 36, n)
    wind, gs, rh = rng.uniform(0.2, 5, n), rng.uniform(0.02, 0.6, n), rng.uniform(0.2, 0.95, n)
    def es(t):
        return 0.6108 * np.exp(17.27 * t / (t + 237.3))
    lo, hi = ta - 20, ta + 30
    for _ in range(40):
        tl = (lo + hi) / 2
        sensible = 2 * 29 * 0.19 * np.sqrt(wind / 0.05) * (tl - ta)
        latent = 44000 * gs * (es(tl) - rh * es(ta)) / 101.3
        longwave = 2 * 5.67e-8 * 0.97 * ((tl + 273) ** 4 - (ta + 273) ** 4)
        high = 0.5 * sw - sensible - latent - longwave < 0
        hi, lo = np.where(high, tl, hi), np.where(high, lo, tl)
    x = np.stack([sw, ta, np.log(wind), np.log(gs), rh], 1)
    return x, tl + rng.normal(0, 0.2, n)


class Scaling:
    def __init__(self, x, y):
        self.xm, self.xs, self.ym, self.ys = x.mean(0), x.std(0), y.mean(), y.std()

    def inputs(self, x):
        return torch.tensor((x - self.xm) / self.xs, dtype=torch.float32)

    def target(self, y):
        return torch.tensor((y - self.ym) / self.ys, dtype=torch.float32)

    def degrees(self, z):
        return z * self.ys + self.ym


class Chamber:
    def __init__(self, n, rng, scaling=None):
        x, y = chamber(n, rng)
        self.scaling = scaling or Scaling(x, y)
        self.x, self.target = self.scaling.inputs(x), self.scaling.target(y)
        self.raw_target = torch.tensor(y, dtype=torch.float32)

    def batches(self, size, shuffle):
        order = torch.randperm(len(self.x)) if shuffle else torch.arange(len(self.x))
        yield from order.split(size)


class LeafNet(nn.Module):
    def __init__(self, width=40):
        super().__init__()
        self.inp, self.mid, self.out = nn.Linear(len(INPUTS), width), nn.Linear(width, width), nn.Linear(width, 1)

    def forward(self, x):
        h = nn.functional.gelu(self.inp(x))
        h = h + nn.functional.gelu(self.mid(h))
        return self.out(h).squeeze(-1)


def train(model, data, epochs):
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, total_iters=epochs)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for rows in data.batches(50, shuffle=True):
            loss = nn.functional.huber_loss(model(data.x[rows]), data.target[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        schedule.step()
        print(f"epoch {epoch + 1:2d} loss {total / len(data.x):.4f}")


@torch.no_grad()
def evaluate(model, data):
    model.eval()
    pred, truth = [], []
    for rows in data.batches(200, shuffle=False):
        pred.append(data.scaling.degrees(model(data.x[rows])))
        truth.append(data.raw_target[rows])
    pred, truth = torch.cat(pred), torch.cat(truth)
    print(f"bias {(pred - truth).mean().item():+.2f}")
    return (pred - truth).abs().mean().item(), 1 - ((pred - truth).square().sum() / (truth - truth.mean()).square().sum()).item()


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train_data = Chamber(2000, rng)
    test_data = Chamber(400, rng, train_data.scaling)
    model = LeafNet()
    train(model, train_data, epochs=20)
    mae, r2 = evaluate(model, test_data)
    print(f"mean absolute error {mae:.3f}")
    print(f"metric: r2 {r2:.4f}")


main()
