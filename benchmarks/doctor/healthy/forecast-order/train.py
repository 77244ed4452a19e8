"""Forecast a seasonal series from its last 24 values; earlier years train, the last one tests."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

rng = np.random.default_rng(0)
torch.manual_seed(0)
t = np.arange(1200)
series = (
    10 + 0.004 * t + 3 * np.sin(2 * np.pi * t / 24) + 1.5 * np.sin(2 * np.pi * t / 168) + 0.4 * rng.normal(size=t.size)
)
CUT, PAST = 960, 24
mean, std = series[:CUT].mean(), series[:CUT].std()
scaled = torch.tensor((series - mean) / std, dtype=torch.float32)


class Windows(Dataset):
    def __init__(self, values, past):
        self.values, self.past = values, past

    def __len__(self):
        return len(self.values) - self.past

    def __getitem__(self, i):
        return self.values[i : i + self.past], self.values[i + self.past]


class Forecaster(nn.Module):
    def __init__(self, past, width=32):
        super().__init__()
        self.gru = nn.GRU(1, width, batch_first=True)
        self.head = nn.Linear(width, 1)

    def forward(self, x):
        _, h = self.gru(x.unsqueeze(-1))
        return self.head(h[-1]).squeeze(-1)


train = DataLoader(Windows(scaled[:CUT], PAST), batch_size=32, shuffle=True)
test = DataLoader(Windows(scaled[CUT - PAST :], PAST), batch_size=240)
model = Forecaster(PAST)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.MSELoss()
for epoch in range(12):
    model.train()
    running = 0.0
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch}: {running / len(train):.4f}")

model.eval()
with torch.no_grad():
    x, y = next(iter(test))
    error = (model(x) - y).abs().mean().item() * std
    naive = (x[:, -1] - y).abs().mean().item() * std
print(f"last value repeated: {naive:.3f}")
print(f"metric: mae {error:.4f}")
