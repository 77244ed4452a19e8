"""Coral bleaching severity after copper exposure: ninety aquaria, six covariates."""
import numpy as np
import pandas as pd
import torch
from torch import nn

torch.manual_seed(52)
rng = np.random.default_rng(52)

CONFIG = dict(epochs=500, batch_size=16, lr=2e-3, width=128)


def aquaria(n):
    d = pd.DataFrame(rng.normal(size=(n, 6)), columns=["copper", "temp", "light", "ph", "flow", "age"])
    effect = np.tanh(1.2 * d.copper) + 0.6 * d.temp + 0.3 * d.copper * d.temp - 0.3 * d.ph
    d["severity"] = effect + 0.8 * rng.normal(size=n)
    return d


def to_tensors(d, ref):
    z = (d - ref.mean()) / ref.std()
    return (torch.tensor(z.drop(columns="severity").to_numpy(), dtype=torch.float32),
            torch.tensor(z[["severity"]].to_numpy(), dtype=torch.float32))


def train_one_epoch(net, opt, x, y, batch_size):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(x)).split(batch_size):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(x[idx]), y[idx])
        loss.backward()
        opt.step()
        total += loss.item() * len(idx)
    return total / len(x)


def r2(net, x, y):
    net.eval()
    with torch.no_grad():
        return 1 - ((net(x) - y) ** 2).sum().item() / ((y - y.mean()) ** 2).sum().item()


frame, later = aquaria(90), aquaria(500)
x_train, y_train = to_tensors(frame, frame)
x_test, y_test = to_tensors(later, frame)
w = CONFIG["width"]
net = nn.Sequential(nn.Linear(6, w), nn.ReLU(), nn.Linear(w, w), nn.ReLU(), nn.Linear(w, 1))
opt = torch.optim.Adam(net.parameters(), lr=CONFIG["lr"])
for epoch in range(CONFIG["epochs"]):
    fit = train_one_epoch(net, opt, x_train, y_train, CONFIG["batch_size"])
    if epoch % 50 == 0 or epoch == CONFIG["epochs"] - 1:
        print(f"epoch {epoch:3d} train mse {fit:.4f} test r2 {r2(net, x_test, y_test):.4f}")
print(f"metric: r2 {r2(net, x_test, y_test):.4f}")
