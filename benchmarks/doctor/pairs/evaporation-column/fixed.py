"""Evaporation from a pan."""
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")
torch.manual_seed(23)
x = torch.randn(1500, 6)
y = x[:, 0] * 1.2 + torch.relu(x[:, 1]) - 0.6 * x[:, 2] * x[:, 3] + 0.1 * torch.randn(1500)
pan = nn.Sequential(nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
opt = torch.optim.NAdam(pan.parameters(), lr=2e-3)
mse = nn.MSELoss()
for epoch in range(25):
    for b in torch.randperm(1200).split(48):
        opt.zero_grad()
        out = pan(x[b])
        loss = mse(out.flatten(), y[b])
        loss.backward()
        opt.step()
    print("epoch", epoch, "mse", loss.item())
with torch.no_grad():
    guess = pan(x[1200:]).flatten()
truth = y[1200:]
print(f"metric: r2 {1 - ((guess - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum():.4f}")
