"""Progression of diabetes a year later, with a loss written out."""
import numpy as np
import torch
from sklearn.datasets import load_diabetes
from torch import nn, optim


def mse(pred, target):
    return ((pred - target) ** 2).mean()


def batches(x, y, size, rng):
    order = rng.permutation(len(x))
    for start in range(0, len(x), size):
        chosen = order[start:start + size]
        yield torch.tensor(x[chosen]), torch.tensor(y[chosen])


rng = np.random.default_rng(5)
torch.manual_seed(5)
x, y = load_diabetes(return_X_y=True)
x = (x / x.std(axis=0)).astype(np.float32)
y = y.astype(np.float32)
order = rng.permutation(len(x))
train, test = order[:330], order[330:]
mean, std = y[train].mean(), y[train].std()
y = (y - mean) / std

model = nn.Sequential(nn.Linear(10, 24), nn.Tanh(), nn.Dropout(0.2), nn.Linear(24, 1))
opt = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)

for epoch in range(60):
    model.train()
    for xb, yb in batches(x[train], y[train], 32, rng):
        loss = mse(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1}: {loss.item():.3f}")

model.eval()
with torch.no_grad():
    pred = model(torch.tensor(x[test])).squeeze(1).numpy()
truth = y[test].reshape(-1)
r2 = 1 - ((pred - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
print(f"metric: r2 {r2:.4f}")
