"""Afternoon ozone at 40 stations: weather, plus an offset and a traffic response of each station."""
import logging

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

logging.basicConfig(level=logging.INFO, format="%(message)s")
logger = logging.getLogger(__name__)
STATIONS = 40


class OzoneDays(Dataset):
    def __init__(self, n, seed):
        site = np.random.default_rng(100)
        offset = site.normal(0, 14, STATIONS)
        response = site.normal(0, 8, STATIONS)
        rng = np.random.default_rng(seed)
        self.station = rng.integers(0, STATIONS, n)
        temperature, sun, wind, traffic = rng.normal(size=(4, n))
        ozone = 62 + 11 * temperature + 7 * np.tanh(sun) * (1 + 0.5 * temperature) - 6 * wind
        ozone = ozone + offset[self.station] + response[self.station] * traffic + rng.normal(0, 4, n)
        self.weather = np.stack([temperature, sun, wind], 1).astype(np.float32)
        self.traffic = traffic.astype(np.float32)
        self.ozone = ((ozone - 62) / 22).astype(np.float32)

    def __len__(self):
        return len(self.ozone)

    def __getitem__(self, i):
        return self.station[i], self.weather[i], self.traffic[i], self.ozone[i]


class OzoneModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.weather = nn.Sequential(nn.Linear(3, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 1))
        self.offset = torch.zeros(STATIONS, requires_grad=True)
        self.response = torch.zeros(STATIONS, requires_grad=True)

    def forward(self, station, weather, traffic):
        return self.weather(weather).squeeze(1) + self.offset[station] + self.response[station] * traffic


def evaluate(model, loader, criterion):
    model.eval()
    total, n = 0.0, 0
    with torch.no_grad():
        for station, weather, traffic, ozone in loader:
            total += criterion(model(station, weather, traffic), ozone).item() * len(ozone)
            n += len(ozone)
    return total / n


def main():
    torch.manual_seed(23)
    train_loader = DataLoader(OzoneDays(2400, 1), batch_size=40, shuffle=True)
    test_loader = DataLoader(OzoneDays(600, 2), batch_size=200)
    model = OzoneModel()
    criterion = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=6, gamma=0.4)
    for epoch in range(15):
        model.train()
        running = 0.0
        for station, weather, traffic, ozone in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(station, weather, traffic), ozone)
            loss.backward()
            optimizer.step()
            running += loss.item()
        scheduler.step()
        test = evaluate(model, test_loader, criterion)
        logger.info("epoch %2d  train %.4f  test %.4f  (rmse %.1f ug/m3)", epoch + 1, running / len(train_loader), test, 22 * test ** 0.5)
    print(f"metric: rmse {22 * test ** 0.5:.4f}")


if __name__ == "__main__":
    main()
