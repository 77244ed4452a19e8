"""Surge residual at eight harbours, carried hidden state, truncated backpropagation through time."""
import numpy as np
import torch
import torch.nn as nn

SEED = 17
HARBOURS, HOURS, CHUNK = 8, 1500, 50


def hourly_record(rng):
    """Wind and pressure drive a slowly damped water level; the gauge sees it with noise."""
    wind = np.zeros((HOURS, HARBOURS))
    pressure = np.zeros((HOURS, HARBOURS))
    level = np.zeros((HOURS, HARBOURS))
    for t in range(1, HOURS):
        wind[t] = 0.95 * wind[t - 1] + rng.normal(0, 0.3, HARBOURS)
        pressure[t] = 0.98 * pressure[t - 1] + rng.normal(0, 0.2, HARBOURS)
        push = 0.08 * wind[t] * np.abs(wind[t]) - 0.05 * pressure[t]
        level[t] = 0.9 * level[t - 1] + push
    drivers = np.stack([wind * 6 + 2, pressure * 8 + 1013], -1)
    return drivers, level * 35 + rng.normal(0, 1.0, level.shape)


class Scaler:
    def fit(self, a):
        axes = tuple(range(a.ndim - 1)) if a.ndim == 3 else None
        self.mean, self.std = a.mean(axes), a.std(axes)
        return self

    def encode(self, a):
        return torch.tensor((a - self.mean) / self.std, dtype=torch.float32)

    def decode(self, t):
        return t.numpy() * self.std + self.mean


class Surge(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.cell = nn.GRU(2, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x, state=None):
        h, state = self.cell(x, state)
        return self.out(h).squeeze(-1), state


def main():
    torch.manual_seed(SEED)
    drivers, level = hourly_record(np.random.default_rng(SEED))
    cut = 1100
    sx, sy = Scaler().fit(drivers[:cut]), Scaler().fit(level[:cut])
    x, y = sx.encode(drivers), sy.encode(level)

    model = Surge()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [12, 18], gamma=0.3)
    huber = nn.SmoothL1Loss(beta=0.5)
    for epoch in range(22):
        state, losses = None, []
        for start in range(0, cut, CHUNK):
            if state is not None:
                state = state.detach()
            pred, state = model(x[start:start + CHUNK], state)
            loss = huber(pred, y[start:start + CHUNK])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        print(f"epoch {epoch:2d} loss {np.mean(losses):.4f}")

    with torch.no_grad():
        pred, _ = model(x)
    pred, truth = sy.decode(pred[cut:]), level[cut:]
    nse = 1 - ((pred - truth) ** 2).sum() / ((truth - truth.mean(0)) ** 2).sum()
    print(f"metric: nse {nse:.4f}")


main()
