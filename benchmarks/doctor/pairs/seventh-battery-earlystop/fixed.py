"""State of charge of a cell from voltage, current, temperature (simulated cycler log)."""
import copy

import numpy as np
import torch
from torch import nn

torch.manual_seed(16)
rng = np.random.default_rng(16)


class EarlyStopping:
    def __init__(self, patience=5, min_delta=0.0):
        self.patience = patience
        self.min_delta = min_delta
        self.counter = 0
        self.best_loss = float("inf")
        self.best_state = None
        self.stop = False

    def __call__(self, val_loss, model):
        if val_loss < self.best_loss - self.min_delta:
            self.best_loss = val_loss
            self.counter = 0
            self.best_state = copy.deepcopy(model.state_dict())
        else:
            self.counter += 1
            self.stop = self.counter >= self.patience


def log_rows(n):
    soc = rng.uniform(0.02, 0.98, n)
    current = rng.normal(0, 1.5, n)
    temp = rng.uniform(0, 40, n)
    ocv = 3.3 + 0.6 * soc + 0.08 * np.log(soc / (1 - soc))
    volt = ocv - current * (0.05 + 0.06 * np.exp(-temp / 12)) + 0.004 * rng.standard_normal(n)
    return np.c_[volt, current, temp].astype("float32"), soc.astype("float32")


parts = [log_rows(k) for k in (1500, 300, 300)]
mean, std = parts[0][0].mean(0), parts[0][0].std(0)
(xt, yt), (xv, yv), (xe, ye) = [
    (torch.from_numpy((x - mean) / std), torch.from_numpy(y)[:, None]) for x, y in parts
]

net = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))
opt = torch.optim.Adam(net.parameters(), lr=5e-4)
stopper = EarlyStopping()
for epoch in range(150):
    net.train()
    for idx in torch.randperm(len(xt)).split(128):
        opt.zero_grad()
        nn.functional.mse_loss(net(xt[idx]), yt[idx]).backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        val = nn.functional.mse_loss(net(xv), yv).item()
    if epoch % 15 == 0:
        print("epoch", epoch, "val", val)
    stopper(val, net)
    if stopper.stop:
        print("stopped at", epoch)
        break

if stopper.best_state is not None:
    net.load_state_dict(stopper.best_state)
net.eval()
with torch.no_grad():
    mse = nn.functional.mse_loss(net(xe), ye)
print("metric: rmse_percent", 100 * mse.sqrt().item())
