import numpy as np
import pandas as pd
import torch
from torch import nn

torch.manual_seed(1)
np.random.seed(1)

# ---- synthetic catchment: two linear reservoirs driven by rain -------------
days = 1600
rain = np.random.gamma(0.35, 9.0, days) * (np.random.rand(days) < 0.45)
temp = 10 + 8 * np.sin(2 * np.pi * np.arange(days) / 365) + np.random.randn(days)
fast, slow, q = 0.0, 5.0, []
for p, te in zip(rain, temp):
    eff = max(p - 0.12 * max(te, 0), 0)
    fast = 0.45 * fast + 0.6 * eff
    slow = 0.93 * slow + 0.15 * eff
    q.append(0.55 * fast + 0.07 * slow)
df = pd.DataFrame({"rain": rain, "temp": temp, "flow": q})

split = 1200
mu, sd = df[:split].mean(), df[:split].std()
z = ((df - mu) / sd).astype("float32")

WINDOW = 20


def windows(frame):
    xs, ys = [], []
    values = frame[["rain", "temp"]].values
    flow = frame["flow"].values
    for i in range(len(frame) - WINDOW):
        xs.append(values[i:i + WINDOW])
        ys.append(flow[i + WINDOW - 1])
    return torch.tensor(np.array(xs)), torch.tensor(np.array(ys))


x_train, y_train = windows(z[:split])
x_test, y_test = windows(z[split:])


class Runoff(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2, 24, batch_first=True)
        self.out = nn.Linear(24, 1)

    def forward(self, x):
        h, _ = self.lstm(x)
        return self.out(h[:, -1])[:, 0]


model = Runoff()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
criterion = nn.MSELoss()
for epoch in range(25):
    order = torch.randperm(len(x_train))
    losses = []
    for b in order.split(64):
        optimizer.zero_grad()
        loss = criterion(model(x_train[b]), y_train[b])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    if epoch % 5 == 4:
        print("epoch", epoch + 1, "loss", np.mean(losses))

model.eval()
with torch.no_grad():
    pred = model(x_test)
nse = 1 - ((pred - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print("metric: nse", float(nse))
