"""Ozone from precursors."""
import torch
from torch import nn
from torch.optim import Adam, lr_scheduler

torch.manual_seed(28)
x = torch.randn(2000, 5)
y = (x[:, 0] * x[:, 1] + torch.sin(3 * x[:, 2]) - 0.4 * x[:, 3])[:, None] + 0.05 * torch.randn(2000, 1)
model = nn.Sequential(nn.Linear(5, 80), nn.ReLU(), nn.Linear(80, 80), nn.ReLU(), nn.Linear(80, 1))
optimizer = Adam(model.parameters(), lr=3e-3)
decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.92)
lossf = nn.MSELoss()
for epoch in range(30):
    for rows in torch.randperm(1600).split(64):
        optimizer.zero_grad()
        loss = lossf(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        decay.step()
    print(f"epoch {epoch:2d} loss {loss.item():.4f}")
with torch.no_grad():
    print(f"metric: mse {lossf(model(x[1600:]), y[1600:]):.4f}")
