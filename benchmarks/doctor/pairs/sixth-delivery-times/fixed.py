"""Delivery time from branch and order data; the branch enters through its mean delivery time."""
import numpy as np
import pandas as pd
import torch
from sklearn.model_selection import KFold
from torch import nn

torch.manual_seed(23)
rng = np.random.default_rng(23)

N, BRANCHES = 2400, 1100
branch_effect = rng.normal(0, 0.5, BRANCHES)
orders = pd.DataFrame({
    "branch": rng.integers(0, BRANCHES, N),
    "distance": rng.gamma(3, 1, N),
    "items": rng.poisson(3, N).astype(float),
    "hour": rng.uniform(8, 20, N),
})
orders["minutes"] = (branch_effect[orders["branch"]] + 1.0 * orders["distance"] + 0.3 * orders["items"]
                     + 0.6 * np.sin(orders["hour"]) + rng.normal(0, 1.5, N))
train, test = orders.iloc[:1600].copy(), orders.iloc[1600:].copy()


def shrunk_mean(frame, prior, weight=0.3):
    stats = frame.groupby("branch")["minutes"].agg(["sum", "count"])
    return (stats["sum"] + weight * prior) / (stats["count"] + weight)


prior = train["minutes"].mean()
test["branch_mean"] = test["branch"].map(shrunk_mean(train, prior)).fillna(prior)
train["branch_mean"] = prior
for fit_rows, use_rows in KFold(5, shuffle=True, random_state=0).split(train):
    held = train.index[use_rows]
    means = shrunk_mean(train.iloc[fit_rows], prior)
    train.loc[held, "branch_mean"] = train.loc[held, "branch"].map(means).fillna(prior)

inputs = ["distance", "items", "hour", "branch_mean"]
centre, width = train[inputs].mean(), train[inputs].std()


def tensors(frame):
    x = torch.tensor(((frame[inputs] - centre) / width).to_numpy(), dtype=torch.float32)
    return x, torch.tensor(frame["minutes"].to_numpy(), dtype=torch.float32)


x, y = tensors(train)
x_test, y_test = tensors(test)
net = nn.Sequential(nn.Linear(4, 24), nn.ReLU(), nn.Linear(24, 24), nn.ReLU(), nn.Linear(24, 1), nn.Flatten(0))
opt = torch.optim.Adam(net.parameters(), lr=2e-3, weight_decay=1e-3)
for epoch in range(20):
    losses = []
    for rows in torch.randperm(len(x)).split(32):
        loss = nn.functional.mse_loss(net(x[rows]), (y[rows] - y.mean()) / y.std())
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss {np.mean(losses):.4f}")
with torch.no_grad():
    out = net(x_test) * y.std() + y.mean()
print(f"metric: r2 {(1 - (out - y_test).square().sum() / (y_test - y_test.mean()).square().sum()).item():.4f}")
