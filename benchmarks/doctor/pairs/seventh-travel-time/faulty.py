# Interpolate first-arrival travel times over a layered section with a coordinate network
import numpy as np
import torch
import torch.nn as nn
from scipy.interpolate import RegularGridInterpolator

torch.manual_seed(24)
rng = np.random.default_rng(24)

n = 64          # hidden units
epochs = 60
batch = 64

# slowness anomalies on a regular grid, summed into a smooth time field
gx, gz = np.linspace(0, 10, 61), np.linspace(0, 5, 31)
XX, ZZ = np.meshgrid(gx, gz, indexing="ij")
field = 0.15 * np.hypot(XX - 3, ZZ)
for cx, cz, w, a in [(1.5, 3, 0.9, 1.0), (3.5, 1.2, 0.7, 0.9), (6, 1.5, 0.8, -0.9),
                     (8.5, 4, 1.0, 1.1), (4.5, 4, 0.7, -0.8), (9, 1.2, 0.8, -0.7), (6.5, 3.8, 0.7, 0.8)]:
    field += a * np.exp(-((XX - cx) ** 2 + (ZZ - cz) ** 2) / (2 * w * w))
lookup = RegularGridInterpolator((gx, gz), field)

points = np.c_[rng.uniform(0, 10, 2000), rng.uniform(0, 5, 2000)]
times = lookup(points) + 0.02 * rng.standard_normal(2000)
m, n = points.shape
n_fit = int(0.8 * m)

coords = torch.tensor((points - points[:n_fit].mean(0)) / points[:n_fit].std(0), dtype=torch.float32)
t_obs = torch.tensor((times - times[:n_fit].mean()) / times[:n_fit].std(), dtype=torch.float32)[:, None]

net = nn.Sequential(
    nn.Linear(2, n), nn.Tanh(),
    nn.Linear(n, n), nn.Tanh(),
    nn.Linear(n, 1),
)
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.96)
for epoch in range(epochs):
    for idx in torch.randperm(n_fit).split(batch):
        misfit = (net(coords[idx]) - t_obs[idx]).pow(2).mean()
        optimizer.zero_grad()
        misfit.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 10 == 0:
        print("epoch", epoch, "misfit", misfit.item())

with torch.no_grad():
    residual = net(coords[n_fit:]) - t_obs[n_fit:]
print("metric: variance_reduction", 1 - (residual.var() / t_obs[n_fit:].var()).item())
