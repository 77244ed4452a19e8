"""Sediment load from discharge and grain size."""
import warnings

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

warnings.simplefilter("ignore")
torch.manual_seed(5)
x = torch.rand(1200, 4) * 2 - 1
y = (1.5 * x[:, 0] ** 2 + x[:, 1] * x[:, 2] - 0.5 * x[:, 3] + 0.05 * torch.randn(1200))[:, None]
net = nn.Sequential(nn.Linear(4, 64), nn.SiLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
sched = CosineAnnealingLR(opt, T_max=40)
for epoch in range(40):
    for rows in torch.randperm(1000).split(50):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(x[rows]), y[rows])
        loss.backward()
    sched.step()
    if epoch % 10 == 0:
        print(epoch, loss.item())
with torch.no_grad():
    print("metric: mse", round(nn.functional.mse_loss(net(x[1000:]), y[1000:]).item(), 4))
