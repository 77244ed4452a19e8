"""Height of dunes from wind records."""
import torch
from torch import nn

options = dict(lr=2e-3, weight_decay=0.8)
torch.manual_seed(33)
wind = torch.randn(1500, 9)
height = (torch.relu(wind[:, 0]) + 0.7 * wind[:, 1] * wind[:, 2] - 0.4 * wind[:, 4]).unsqueeze(1)
height = height + 0.1 * torch.randn_like(height)
dune = nn.Sequential(nn.Linear(9, 64), nn.ELU(), nn.Linear(64, 64), nn.ELU(), nn.Linear(64, 1))
optim = torch.optim.Adam(dune.parameters(), **options)
for epoch in range(30):
    for rows in torch.randperm(1200).split(40):
        optim.zero_grad()
        error = nn.functional.mse_loss(dune(wind[rows]), height[rows])
        error.backward()
        optim.step()
    print(epoch, error.item())
with torch.no_grad():
    print("metric: mse", nn.functional.mse_loss(dune(wind[1200:]), height[1200:]).item())
