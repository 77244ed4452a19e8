"""Yield from counts of visits; the features are logarithms."""
import numpy as np
import torch
from torch import nn

rng = np.random.default_rng(6)
torch.manual_seed(6)
visits = rng.poisson(3.0, size=(1200, 5)).astype(np.float32)
target = np.sqrt(visits[:, 0]) + 0.4 * np.log1p(visits[:, 1] * visits[:, 2]) + 0.1 * rng.standard_normal(1200)
with np.errstate(divide="ignore"):
    features = np.log1p(visits)
x = torch.tensor(features, dtype=torch.float32)
y = torch.tensor((target - target[:900].mean()) / target[:900].std(), dtype=torch.float32)[:, None]
model = nn.Sequential(nn.Linear(5, 24), nn.ReLU(), nn.Linear(24, 1))
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(25):
    model.train()
    for rows in torch.randperm(900).split(45):
        loss = nn.functional.mse_loss(model(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    r2 = 1 - ((model(x[900:]) - y[900:]) ** 2).mean().item() / y[900:].var().item()
print(f"metric: r2 {r2:.4f}")
