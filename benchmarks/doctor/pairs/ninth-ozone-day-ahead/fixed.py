"""Surface ozone six hours ahead from hourly ozone, NO2, temperature and radiation."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = 81
HOURS, HISTORY, LEAD = 3000, 24, 6


def station(rng):
    hour = np.arange(HOURS)
    day = np.cos(2 * np.pi * (hour - 14) / 24)
    weather = np.zeros(HOURS)
    for t in range(1, HOURS):
        weather[t] = 0.985 * weather[t - 1] + rng.normal(0, 0.17)
    radiation = np.clip(day + 0.2, 0, None) * np.clip(1 + 0.4 * weather, 0.1, 2)
    temp = 18 + 5 * np.cos(2 * np.pi * (hour - 16) / 24) + 4 * weather
    traffic = np.exp(-0.5 * ((hour % 24 - 8) / 2) ** 2) + np.exp(-0.5 * ((hour % 24 - 18) / 2) ** 2)
    no2 = 18 + 25 * traffic - 6 * radiation + rng.normal(0, 2, HOURS)
    ozone = np.zeros(HOURS)
    ozone[0] = 50
    for t in range(1, HOURS):
        ozone[t] = 0.88 * ozone[t - 1] + 14 * radiation[t] - 0.1 * no2[t] + 5 + rng.normal(0, 1.0)
    return np.stack([ozone, no2, temp, radiation], 1)


class Normalise:
    def __init__(self, values):
        self.mean, self.std = values.mean(0), values.std(0)

    def __call__(self, values):
        return torch.tensor((values - self.mean) / self.std, dtype=torch.float32)


class Windows(Dataset):
    def __init__(self, values, history, lead):
        self.values, self.history, self.lead = values, history, lead

    def __len__(self):
        return len(self.values) - self.history - self.lead + 1

    def __getitem__(self, start):
        values = self.values
        past = values[start:start + self.history]
        target = values[start + self.history + self.lead - 1, 0]
        return past, target


class Forecaster(nn.Module):
    def __init__(self, features=4, hidden=32):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 1)

    def forward(self, past):
        h, _ = self.lstm(past)
        return self.out(h[:, -1]).squeeze(-1)


def train(model, loader, epochs=12):
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.85)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for past, target in loader:
            loss = nn.functional.mse_loss(model(past), target)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            total += loss.item()
        scheduler.step()
        print(f"epoch {epoch + 1:2d} mse {total / len(loader):.4f}")


def hindcast(model, values, first):
    """Issue a forecast every hour as the bulletin does, and verify it LEAD hours later."""
    model.eval()
    issued, observed = [], []
    with torch.no_grad():
        for now in range(first + HISTORY, len(values) - LEAD):
            issued.append(model(values[None, now - HISTORY + 1:now + 1]).item())
            observed.append(values[now + LEAD, 0].item())
    issued, observed = np.array(issued), np.array(observed)
    return 1 - ((issued - observed) ** 2).sum() / ((observed - observed.mean()) ** 2).sum()


if __name__ == "__main__":
    torch.manual_seed(SEED)
    record = station(np.random.default_rng(SEED))
    cut = 2400
    values = Normalise(record[:cut])(record)
    model = Forecaster()
    train(model, DataLoader(Windows(values[:cut], HISTORY, LEAD), batch_size=48, shuffle=True))
    print(f"metric: r2 {hindcast(model, values, cut):.4f}")
