import numpy as np
import pandas as pd
import torch
import torch.nn as nn
import torch.utils.data as td

np.random.seed(33)
torch.manual_seed(33)


def load_buoys(n=2400):
    t = np.arange(n)
    frame = pd.DataFrame({
        "sst": 18 + 5 * np.sin(2 * np.pi * t / 365) + np.random.randn(n),
        "wind": np.random.weibull(2, n) * 8,
        "pressure": 1013 + 8 * np.random.randn(n),
        "swell": np.random.gamma(2, 0.8, n),
    })
    score = 0.35 * (frame.wind - 7) - 0.12 * (frame.pressure - 1013) + 0.6 * (frame.swell - 1.6)
    frame["rough"] = (score + 0.4 * np.random.randn(n) > 0).astype(int)
    # transmission gaps
    for col in ("wind", "swell"):
        frame.loc[np.random.rand(n) < 0.03, col] = np.nan
    return frame


frame = load_buoys()
features = ["sst", "wind", "pressure", "swell"]
order = np.random.permutation(len(frame))
train, test = frame.iloc[order[:1900]].copy(), frame.iloc[order[1900:]].copy()
mean, std = train[features].mean(), train[features].std()
for part in (train, test):
    part[features] = (part[features] - mean) / std


def tensors(part):
    return torch.tensor(part[features].values, dtype=torch.float32), torch.tensor(part["rough"].values)


train_dl = td.DataLoader(td.TensorDataset(*tensors(train)), batch_size=50, shuffle=True)
net = nn.Sequential(nn.Linear(4, 24), nn.ReLU(), nn.Linear(24, 2))
opt = torch.optim.RMSprop(net.parameters(), lr=1e-3)
ce = nn.CrossEntropyLoss()

for epoch in range(12):
    history = []
    for xb, yb in train_dl:
        opt.zero_grad()
        loss = ce(net(xb), yb)
        loss.backward()
        opt.step()
        history.append(loss.item())
    print("Epoch {:>2}: {:.4f}".format(epoch + 1, np.mean(history)))

with torch.no_grad():
    xb, yb = tensors(test)
    print("metric: accuracy", (net(xb).argmax(1) == yb).float().mean().item())
