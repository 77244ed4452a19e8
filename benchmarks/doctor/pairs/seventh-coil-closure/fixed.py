"""Surrogate for the axial field of a coil pair, fitted with L-BFGS."""
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(8)
rng = np.random.default_rng(8)

MU0 = 4e-7 * np.pi


def axial_field(z, radius, gap):
    """Field of two unit loops at +-gap/2, in microtesla per ampere."""
    def loop(c):
        return MU0 * radius ** 2 / (2 * (radius ** 2 + (z - c) ** 2) ** 1.5)
    return 1e6 * (loop(gap / 2) + loop(-gap / 2))


z = rng.uniform(-0.3, 0.3, 1000)
radius = rng.uniform(0.08, 0.2, 1000)
gap = rng.uniform(0.05, 0.3, 1000)
X = np.c_[z, radius, gap]
B = axial_field(z, radius, gap)[:, None]

n = 800
X = (X - X[:n].mean(0)) / X[:n].std(0)
B = (B - B[:n].mean()) / B[:n].std()
X, B = torch.tensor(X).float(), torch.tensor(B).float()

net = nn.Sequential(nn.Linear(3, 20), nn.Tanh(), nn.Linear(20, 20), nn.Tanh(), nn.Linear(20, 1))
optimizer = torch.optim.LBFGS(net.parameters(), lr=1.0, max_iter=20, history_size=20, line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = ((net(X[:n]) - B[:n]) ** 2).mean()
    loss.backward()
    return loss


for k in range(15):
    loss = optimizer.step(closure)
    print("iteration", k, "loss", float(loss))

with torch.no_grad():
    err = net(X[n:]) - B[n:]
print("metric: r2", 1 - (err ** 2).mean().item() / B[n:].var().item())
