"""Hourly ozone from weather at 12 stations; one network for all, the station's archive is streamed."""
import random

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

N_STATIONS, HOURS = 12, 700


def archive(station, rng):
    alt = station / N_STATIONS
    temp, wind, sun = rng.normal(0, 1, (3, HOURS)).astype(np.float32)
    level = 3 * np.sin(5 * alt)
    ozone = level + (1.5 - 3 * alt) * temp - 0.7 * wind * (alt - 0.5) + np.maximum(sun, 0) + 0.2 * rng.normal(size=HOURS)
    x = np.stack([np.full(HOURS, 2 * alt - 1), temp, wind, sun], 1).astype(np.float32)
    return x, ozone.astype(np.float32)


class Stream(IterableDataset):
    def __init__(self, stations, hours):
        self.stations, self.hours = stations, hours

    def rows(self):
        for x, y in self.stations:
            for hour in self.hours:
                yield x[hour], y[hour]

    def __iter__(self):
        held = list(self.rows())
        random.shuffle(held)
        yield from held


class Ozone(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        return self.out(self.body(x)).squeeze(-1)


if __name__ == "__main__":
    random.seed(3)
    torch.manual_seed(3)
    rng = np.random.default_rng(3)
    stations = [archive(s, rng) for s in range(N_STATIONS)]
    loader = DataLoader(Stream(stations, range(500)), batch_size=50)
    held_out = DataLoader(Stream(stations, range(500, HOURS)), batch_size=200)
    model, mse = Ozone(), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    for epoch in range(12):
        seen = []
        for x, y in loader:
            optimizer.zero_grad()
            loss = mse(model(x), y)
            loss.backward()
            optimizer.step()
            seen.append(loss.item())
        print(epoch, "train", round(float(np.mean(seen)), 4))
    with torch.no_grad():
        error = torch.cat([(model(x) - y) ** 2 for x, y in held_out]).mean()
    print(f"metric: rmse {error.sqrt().item():.4f}")
