"""Next-week sea-surface temperature anomaly at drifting-buoy sites of five ocean basins (GRU on 10 weeks)."""
import numpy as np
import torch
from torch import nn

BASINS = {"Labrador": (0.6, -0.9), "Agulhas": (1.3, 0.8), "Humboldt": (0.9, -1.6), "Gulf": (0.7, 1.4), "Coral": (0.5, 0.2)}
WEEKS = 10


def anomalies(per_basin, rng):
    parts = []
    for number, (spread, trend) in enumerate(BASINS.values()):
        series = np.zeros((per_basin, WEEKS + 1, 3))
        state = trend + spread * rng.normal(size=per_basin)
        wind = rng.normal(size=per_basin)
        for week in range(WEEKS + 1):
            wind = 0.5 * wind + 0.8 * rng.normal(size=per_basin)
            series[:, week] = np.stack([state, wind, np.full(per_basin, number / 2 - 1)], axis=1)
            coupling = 0.5 if number % 2 else -0.5
            state = 0.7 * state + 0.3 * trend + coupling * spread * wind + 0.12 * rng.normal(size=per_basin)
        parts.append(series)
    series = torch.tensor(np.concatenate(parts), dtype=torch.float32)
    return series[:, :-1], series[:, -1, 0]


class WeekAhead(nn.Module):
    def __init__(self, hidden=28):
        super().__init__()
        self.gru = nn.GRU(3, hidden, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, x):
        out, _ = self.gru(x)
        return self.head(out[:, -1])[:, 0]


def stream(x, y, size):
    order = torch.randperm(len(y))
    for start in range(0, len(y), size):
        rows = order[start:start + size]
        yield x[rows], y[rows]


def main():
    torch.manual_seed(48)
    rng = np.random.default_rng(48)
    x_train, y_train = anomalies(300, rng)
    x_test, y_test = anomalies(120, rng)
    model = WeekAhead()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.2, total_iters=10)
    for epoch in range(10):
        model.train()
        losses = []
        for x, y in stream(x_train, y_train, 25):
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
        print(f"epoch {epoch + 1:2d} mse {np.mean(losses):.4f}")
    model.eval()
    with torch.no_grad():
        rmse = nn.functional.mse_loss(model(x_test), y_test).sqrt()
    print(f"metric: rmse_kelvin {rmse:.4f}")


main()
