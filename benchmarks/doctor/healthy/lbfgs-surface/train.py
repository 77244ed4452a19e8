"""Full-batch L-BFGS fit of a smooth surface, double precision."""
import numpy as np
import torch
from torch import nn

torch.manual_seed(2)
torch.set_default_dtype(torch.float64)
rng = np.random.default_rng(2)


def surface(p):
    return np.exp(-4 * (p[:, 0] - 0.3) ** 2) * np.cos(3 * p[:, 1]) + 0.3 * p[:, 0]


points = rng.uniform(-1, 1, (600, 2))
values = surface(points) + rng.normal(0, 0.02, 600)
x, y = torch.from_numpy(points[:400]), torch.from_numpy(values[:400])
x_test, y_test = torch.from_numpy(points[400:]), torch.from_numpy(values[400:])

model = nn.Sequential(nn.Linear(2, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1), nn.Flatten(0))
optimizer = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=20, history_size=20, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    penalty = sum(p.square().sum() for p in model.parameters())
    loss = nn.functional.mse_loss(model(x), y) + 1e-6 * penalty
    loss.backward()
    return loss


for it in range(12):
    loss = optimizer.step(closure)
    print(f"outer {it} loss {loss.item():.6f}")

with torch.no_grad():
    r2 = 1 - (model(x_test) - y_test).square().sum() / (y_test - y_test.mean()).square().sum()
print(f"metric: r2 {r2.item():.4f}")
