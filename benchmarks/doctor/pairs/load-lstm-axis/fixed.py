"""Next value of a driven, damped swing from the last twenty readings."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Forecaster(nn.Module):
    def __init__(self, features=2, hidden=32):
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.linear(out[:, -1])


def swing(n, rng):
    place, speed, rows = 0.0, 0.0, []
    for _ in range(n):
        push = rng.normal()
        rows.append((place, push))
        speed = 0.9 * speed - 0.25 * place + 0.5 * push
        place = place + speed
    return np.array(rows, dtype=np.float32)


def windows(rows, length=20):
    seen = rows.copy()
    seen[:, 0] += np.random.default_rng(0).normal(0, 0.8, len(seen))
    x = np.stack([seen[i : i + length] for i in range(len(rows) - length)])
    return torch.from_numpy(x), torch.from_numpy(rows[length:, :1].copy())


torch.manual_seed(4)
rows = swing(2600, np.random.default_rng(4))
rows /= rows.std(0)
x, y = windows(rows)
train = DataLoader(TensorDataset(x[:2000], y[:2000]), batch_size=32, shuffle=True)
test = DataLoader(TensorDataset(x[2000:], y[2000:]), batch_size=32)
model = Forecaster()
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(12):
    model.train()
    total = 0.0
    for xb, yb in train:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        total += loss.item()
    print(f"{epoch + 1}/12 loss {total / len(train):.4f}")
model.eval()
with torch.no_grad():
    guess = torch.cat([model(xb) for xb, _ in test])
r2 = 1 - ((guess - y[2000:]) ** 2).mean() / y[2000:].var()
print(f"metric: r2 {r2.item():.4f}")
