"""Soil moisture from satellite and weather variables at stations with gaps in the record."""
import numpy as np
import pandas as pd
import torch
from torch import nn

SEED = 12
FEATURES = ["backscatter", "ndvi", "rain7", "skin_temp", "clay"]


def observations(n, rng, gaps=True):
    rain = rng.gamma(1.2, 10, n)
    clay = rng.uniform(5, 45, n)
    ndvi = rng.beta(3, 2, n)
    temp = rng.normal(288, 8, n)
    moisture = 0.08 + 0.22 * np.tanh(rain / 25) + 0.003 * clay - 0.004 * (temp - 288)
    moisture = np.clip(moisture + rng.normal(0, 0.015, n), 0.02, 0.55)
    back = -18 + 22 * moisture * (1 - 0.6 * ndvi) + 4 * ndvi + rng.normal(0, 0.5, n)
    table = pd.DataFrame({"backscatter": back, "ndvi": ndvi, "rain7": rain, "skin_temp": temp,
                          "clay": clay, "moisture": moisture})
    if gaps:
        # clouds, and a radiometer that fails now and then
        table.loc[rng.random(n) < 0.06, "ndvi"] = np.nan
        table.loc[rng.random(n) < 0.03, "skin_temp"] = np.nan
    return table


def prepare(table):
    x = table[FEATURES].dropna()
    y = table.loc[x.index, "moisture"].to_numpy()
    return x.to_numpy(), y


class MoistureNet(nn.Module):
    def __init__(self, d, hidden=(48, 24)):
        super().__init__()
        sizes = [d, *hidden]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.out = nn.Linear(sizes[-1], 1)

    def forward(self, x):
        for layer in self.hidden:
            x = nn.functional.elu(layer(x))
        return self.out(x).flatten()


def fit(model, x, y, epochs, batch, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(x)).split(batch):
            loss = nn.functional.mse_loss(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        if (epoch + 1) % 5 == 0:
            print(f"epoch {epoch + 1:2d} mse {total / len(x):.4f}")


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    x, y = prepare(observations(2200, rng))
    # the field campaign has no gaps
    x_field, y_field = prepare(observations(500, rng, gaps=False))
    xm, xs = x.mean(0), x.std(0)
    ym, ys = y.mean(), y.std()
    x, x_field = (torch.tensor((a - xm) / xs, dtype=torch.float32) for a in (x, x_field))
    y, truth = (torch.tensor((a - ym) / ys, dtype=torch.float32) for a in (y, y_field))

    model = MoistureNet(len(FEATURES))
    fit(model, x, y, epochs=30, batch=64, lr=2e-3)

    model.eval()
    with torch.no_grad():
        pred = model(x_field)
    r2 = 1 - (pred - truth).square().sum() / (truth - truth.mean()).square().sum()
    print(f"rmse {((pred - truth).square().mean().sqrt() * ys).item():.4f} m3/m3")
    print(f"metric: r2 {r2.item():.4f}")


if __name__ == "__main__":
    main()
