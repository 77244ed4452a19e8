"""Next-hour cooling demand of a building from the last day of readings."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

np.random.seed(15)
torch.manual_seed(15)
LOOKBACK = 24


def building(hours):
    t = np.arange(hours)
    outside = 22 + 6 * np.sin(2 * np.pi * (t - 9) / 24) + np.cumsum(np.random.randn(hours)) * 0.05
    people = np.clip(np.sin(2 * np.pi * (t - 7) / 24), 0, None) * 180 * ((t // 24) % 7 < 5)
    demand = np.zeros(hours)
    for k in range(1, hours):
        demand[k] = 0.6 * demand[k - 1] + 2.4 * max(outside[k - 1] - 18, 0) + 0.12 * people[k - 1] + np.random.randn() * 1.5
    return np.stack([outside, people, demand], 1).astype("float32")


class Windows(Dataset):
    def __init__(self, series, mean, std):
        self.x = torch.from_numpy((series - mean) / std)
        self.y = torch.from_numpy((series[:, 2] - mean[2]) / std[2])

    def __len__(self):
        return len(self.x) - LOOKBACK

    def __getitem__(self, i):
        return self.x[i:i + LOOKBACK], self.y[i + LOOKBACK]


class DemandGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 32, batch_first=True)
        self.fc = nn.Linear(32, 1)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.fc(out[:, -1]).squeeze(-1)


series = building(2200)
train, test = series[:1700], series[1700:]
mean, std = train.mean(0), train.std(0)
train_loader = DataLoader(Windows(train, mean, std), batch_size=32, shuffle=True)
model = DemandGRU()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.MSELoss()

for epoch in range(10):
    losses = []
    for x, y in train_loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 3 == 0:
        print(f"epoch {epoch}: mse {np.mean(losses):.4f}")

test_set = Windows(test, mean, std)
xs, ys = zip(*[test_set[i] for i in range(len(test_set))])
with torch.no_grad():
    pred = model(torch.stack(xs)).flatten()
ys = torch.stack(ys)
print(f"metric: r2 {1 - ((pred - ys) ** 2).sum().item() / ((ys - ys.mean()) ** 2).sum().item():.4f}")
